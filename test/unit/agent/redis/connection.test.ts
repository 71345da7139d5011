import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canLogIn, LocalServer, Unanswered } from "../../../../agent/redis/connection";
import { type Answer, encodeAnswer, ReplyError, RespReader } from "../../../../agent/redis/resp";

describe("a connection to the local server", () => {
  let directory: string;
  let socketPath: string;
  let listening: Server;
  let connections: { socket: Socket; asked: string[] }[];
  let answer: (words: string[]) => Answer | undefined;
  let server: LocalServer;

  beforeEach((done) => {
    directory = mkdtempSync(join(tmpdir(), "connection-"));
    socketPath = join(directory, "sock");
    connections = [];
    answer = () => ({ word: "OK" });
    listening = createServer((socket) => {
      const connection = { socket, asked: [] as string[] };
      connections.push(connection);
      const reader = new RespReader({ bytes: 65_536, items: 64, depth: 2 });
      socket.on("error", () => undefined);
      socket.on("data", (bytes: Buffer) => {
        for (const words of reader.read(bytes) as string[][]) {
          connection.asked.push(words.join(" "));
          const said = words[1] === "ID" ? connections.length : answer(words);
          if (said !== undefined) socket.write(encodeAnswer(said, 2));
        }
      });
    });
    listening.listen(socketPath, done);
    server = new LocalServer(socketPath, () => Promise.resolve({ user: "agent", password: "agent's" }));
  });

  afterEach(() => {
    server.close();
    for (const { socket } of connections) socket.destroy();
    listening.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("is opened when it is needed, and used again", async () => {
    await Promise.all([server.run("ONE"), server.run("TWO")]);
    await server.run("THREE");
    assert.deepEqual(
      connections.map(({ asked }) => asked.slice(2)),
      [["ONE", "TWO", "THREE"]],
    );
  });

  it("that was given up is ended at the server before anything else is asked: what was asked on it never comes late", async () => {
    answer = ([command]) => (command === "SLOW" ? undefined : { word: "OK" });
    await assert.rejects(server.ask([["SLOW"]], 100), Unanswered);
    await server.run("NEXT");
    assert.deepEqual(connections.at(-1)?.asked, [
      "AUTH agent agent's",
      "CLIENT ID",
      "CLIENT KILL ID 1",
      "NEXT",
    ]);
    answer = () => ({ word: "OK" });
    connections.at(-1)?.socket.destroy();
    await server.run("LOST").catch(() => undefined);
    await server.run("AGAIN");
    assert.ok(
      !connections.at(-1)?.asked.some((words) => words.includes("KILL")),
      "that one is known to be over",
    );
  });

  it("gives the first refusal after all answers have come, so that none is taken for the next one's", async () => {
    answer = ([command]) => (command === "BAD" ? new ReplyError("ERR no") : (command ?? ""));
    await assert.rejects(server.ask([["BAD"], ["GOOD"]]), /ERR no/);
    assert.equal(await server.run("AFTER"), "AFTER");
  });

  it("tells a wrong password from a server that cannot be asked", async () => {
    answer = ([command]) => (command === "AUTH" ? new ReplyError("WRONGPASS invalid") : { word: "OK" });
    assert.equal(await canLogIn(socketPath, { user: "app", password: "former" }), false);
    await assert.rejects(canLogIn(join(directory, "nobody"), { user: "app", password: "x" }), /ENOENT/);
  });
});
