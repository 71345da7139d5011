"use strict";
// How a checkout's sources are run: transpiled as they are loaded. Types are checked once, by `npm run types`.
process.env.TS_NODE_PROJECT = `${__dirname}/../tsconfig.run.json`;
require("ts-node/register");

// Pulumi keeps the place where each of its promises was made, for those that never end: with mocks, finding that in the sources
// was nine tenths of the time. It is left as it was transpiled.
const inSources = Error.prepareStackTrace;
Error.prepareStackTrace = (error, calls) =>
  calls[0]?.getFileName()?.endsWith("/@pulumi/pulumi/runtime/debuggable.js")
    ? [error, ...calls].join("\n    at ")
    : inSources(error, calls);
