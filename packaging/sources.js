"use strict";
// How a checkout's sources are run: transpiled as they are loaded. Types are checked once, by `npm run types`.
process.env.TS_NODE_PROJECT = `${__dirname}/../tsconfig.run.json`;
require("ts-node/register");

// Pulumi keeps the place where each of its promises was made, for those that never end, and shows it where that is asked for.
// Writing it was a tenth of the time, and finding it in the sources nine tenths.
const inSources = Error.prepareStackTrace;
const placesShown = Boolean(process.env.PULUMI_DEBUG_PROMISE_LEAKS);
Error.prepareStackTrace = (error, calls) => {
  if (!calls[0]?.getFileName()?.endsWith("/@pulumi/pulumi/runtime/debuggable.js"))
    return inSources(error, calls);
  return placesShown ? [error, ...calls].join("\n    at ") : String(error);
};
