#!/usr/bin/env node
"use strict";
// The command line. TypeScript is transpiled as it is loaded, without checking types: `npm test` does that.
process.env.TS_NODE_PROJECT = require("node:path").join(__dirname, "..", "tsconfig.run.json");
require("ts-node/register");

require("../operate/cli/main")
  .main(process.argv.slice(2))
  .then((status) => {
    process.exitCode = status;
  });
