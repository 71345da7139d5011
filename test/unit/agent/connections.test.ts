import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { resolve } from "node:path";
import { MOST_CONNECTIONS } from "../../../agent/core/connections";

const FLOOD = 2_000;
const MIB = 1024 * 1024;
const HOST = "127.0.0.1";

/** An agent's server in a process of its own, for which only connections from 127.0.9.* come from within the pod. */
const PROGRAM = `
  const { createServer } = require("node:http");
  const { limitConnections, REQUEST_LIMITS } = require("./agent/core/connections");
  const limited = process.argv[1] === "limited";
  const server = createServer(limited ? REQUEST_LIMITS : {}, (_, response) => { response.writeHead(200, { connection: "close" }); response.end("alive"); });
  if (limited) limitConnections(server, (address) => address.startsWith("127.0.9."));
  server.listen(0, "${HOST}", () => process.send(server.address().port));
  process.on("message", () => { global.gc(); process.send(process.memoryUsage().rss); });
`;

describe("agent: connections of strangers", function () {
  this.timeout(60_000);
  let child: ChildProcess | undefined;
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    child?.kill();
  });

  async function start(mode: "limited" | "open"): Promise<number> {
    child = spawn(process.execPath, ["--expose-gc", "--require", "./test/register.js", "-e", PROGRAM, mode], {
      cwd: resolve(__dirname, "../../.."),
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    return (await said()) as number;
  }

  async function said(): Promise<unknown> {
    return await new Promise((done) => child?.once("message", done));
  }

  async function memory(): Promise<number> {
    child?.send("?");
    return (await said()) as number;
  }

  /** Requests of which the end never comes, with as much in them as is read. */
  async function flood(port: number, from: (index: number) => string): Promise<void> {
    for (let index = 0; index < FLOOD; index++) {
      const socket = connect({ port, host: HOST, localAddress: from(index) });
      socket.on("error", () => undefined);
      sockets.push(socket);
      await new Promise<void>((done) => {
        socket.once("connect", done);
        socket.once("close", () => {
          done();
        });
      });
      socket.write(`GET /v1/report HTTP/1.1\r\nhost: x\r\nx-filler: ${"x".repeat(3_000)}\r\n`);
    }
    await new Promise((done) => setTimeout(done, 300));
  }

  async function probe(port: number, localAddress: string): Promise<string> {
    return await new Promise((done, fail) => {
      const call = request(
        { port, host: HOST, path: "/livez", localAddress, agent: false, timeout: 2_000 },
        (answer) => {
          answer.once("data", (part: Buffer) => {
            done(part.toString());
          });
        },
      );
      call.on("timeout", () => call.destroy(new Error("timeout")));
      call.on("error", fail);
      call.end();
    });
  }

  it("take 24 MiB at most, however many there are, and the kubelet is answered all the same", async () => {
    const port = await start("limited");
    await probe(port, "127.0.0.2");
    const before = await memory();
    const held = connect({ port, host: HOST, localAddress: "127.0.0.2" });
    const within = connect({ port, host: HOST, localAddress: "127.0.9.1" });
    sockets.push(held, within);
    await flood(port, (index) => `127.0.3.${1 + (index % 5)}`);
    assert.equal(await probe(port, "127.0.0.2"), "alive");
    const once = (await memory()) - before;
    await flood(port, (index) => `127.0.3.${1 + (index % 5)}`);
    const twice = (await memory()) - before;
    assert.ok(twice < 24 * MIB && twice - once < 6 * MIB, `${once / MIB} MiB, then ${twice / MIB} MiB`);
    assert.equal(held.closed || within.closed, false, "somebody with one connection was cut off");
    const open = sockets.filter((socket) => !socket.closed && !socket.destroyed);
    assert.ok(open.length <= MOST_CONNECTIONS + 10, `${open.length} connections are open`);
  });

  it("end by themselves when nothing comes", async () => {
    const port = await start("limited");
    const started = performance.now();
    const socket = connect({ port, host: HOST });
    sockets.push(socket);
    socket.write("GET /v1/report HTTP/1.1\r\n");
    socket.resume();
    await new Promise((done) => socket.once("close", done));
    assert.ok(performance.now() - started < 6_000);
  });

  it("would take much more without the limit", async () => {
    const port = await start("open");
    await probe(port, "127.0.0.2");
    const before = await memory();
    await flood(port, () => "127.0.3.1");
    await flood(port, () => "127.0.3.1");
    const used = (await memory()) - before;
    assert.ok(used > 24 * MIB, `${used / MIB} MiB: the flood shows nothing`);
  });
});
