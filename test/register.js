"use strict";
// Types are checked once by `npm run types`; tests only transpile.
process.env.TS_NODE_PROJECT = `${__dirname}/../tsconfig.run.json`;
require("ts-node/register");
