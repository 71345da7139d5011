#!/usr/bin/env node
"use strict";
// The command line. A checkout has its sources, which are transpiled as they are loaded, without checking types: `npm test`
// does that. A package has them compiled.
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const isCheckout = existsSync(join(__dirname, "..", "operate", "cli", "main.ts"));
if (isCheckout) {
  process.env.TS_NODE_PROJECT = join(__dirname, "..", "tsconfig.run.json");
  require("ts-node/register");
}

require(isCheckout ? "../operate/cli/main" : "../dist/operate/cli/main")
  .main(process.argv.slice(2))
  .then((status) => {
    process.exitCode = status;
  });
