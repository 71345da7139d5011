#!/usr/bin/env node
"use strict";
// The command line. A checkout has its sources, a package has them compiled.
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const isCheckout = existsSync(join(__dirname, "..", "operate", "cli", "main.ts"));
if (isCheckout) require("../packaging/sources");

require(isCheckout ? "../operate/cli/main" : "../dist/operate/cli/main")
  .main(process.argv.slice(2))
  .then((status) => {
    process.exitCode = status;
  });
