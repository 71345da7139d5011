"use strict";
// A pod that belongs to no database, and does to one what it can: it asks the agents in a replica's name, answers them in
// its place (MODE=copies: that replica's own report, with another address; MODE=babbles: nonsense), holds many
// connections to them open, and tries the port that is for members alone (MEMBERS_PORT). Prints a line for each thing that it got.
const http = require("node:http");
const https = require("node:https");
const net = require("node:net");

const { SET, VICTIM, AGENTS, ME, MODE, MEMBERS_PORT } = process.env;
const agents = AGENTS.split(",");
const victim = Number(VICTIM);
const AGENT_PORT = 8390;

function ask(host, headers, done) {
  const call = http.request({
    host,
    port: AGENT_PORT,
    path: "/v1/report",
    headers,
    agent: false,
    timeout: 1500,
  });
  call.on("response", (answer) => {
    let text = "";
    answer.on("data", (part) => (text += part));
    answer.on("end", () => {
      if (answer.headers["x-stateful-proof"]) console.log("GOT a proof");
      done?.(text);
    });
  });
  call.on("error", () => undefined);
  call.end();
}

let body = JSON.stringify({ set: SET, ordinal: victim, address: ME });
function renew() {
  ask(agents[victim], {}, (text) => {
    if (MODE === "copies") body = JSON.stringify({ ...JSON.parse(text), address: ME });
  });
}

function claim(host) {
  ask(host, {
    "x-stateful-member": `${SET}/${victim}`,
    "x-stateful-address": ME,
    "x-stateful-nonce": "00",
    "x-stateful-proof": "00".repeat(32),
  });
}

/** Anything that is answered is printed: nothing is to be. */
function tryMembersPort(host) {
  for (const [scheme, client] of [
    ["http", http],
    ["https", https],
  ]) {
    const options = {
      host,
      port: Number(MEMBERS_PORT),
      path: "/cluster",
      agent: false,
      timeout: 1000,
      rejectUnauthorized: false,
    };
    const call = client.request(options, (answer) => {
      console.log(`GOT ${answer.statusCode} of ${scheme}://${host}/cluster`);
      answer.resume();
    });
    call.on("error", (error) => console.log(`refused: ${scheme} ${error.code ?? error.message}`));
    call.end();
  }
}

function hold(host) {
  const socket = net.connect({ host, port: AGENT_PORT }, () => {
    socket.write(`GET /v1/report HTTP/1.1\r\nhost: x\r\nx-filler: ${"x".repeat(2000)}\r\n`);
  });
  socket.on("error", () => undefined);
}

http.createServer((_, response) => response.end(body)).listen(AGENT_PORT, ME);
setInterval(renew, 300);
setInterval(() => agents.forEach((host, ordinal) => ordinal !== victim && claim(host)), 50);
setInterval(() => agents.forEach(hold), 20);
if (MEMBERS_PORT) setInterval(() => agents.forEach(tryMembersPort), 500);
