#!/usr/bin/env node
"use strict";
// The command line. TypeScript is transpiled as it is loaded, without checking types: `npm test` does that.
process.env.TS_NODE_PROJECT = require("node:path").join(__dirname, "..", "tsconfig.run.json");
require("ts-node/register");

const commands = {
  render: () => require("../render/cli").main,
  up: () => require("../operate/cli/up").main,
  down: () => require("../operate/cli/down").main,
  status: () => require("../operate/cli/status").main,
};

async function run([name, ...args]) {
  const command = commands[name];
  if (!command) {
    console.error(`usage: stateful ${Object.keys(commands).join("|")} [options]`);
    return 2;
  }
  return command()(args);
}

run(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
