import assert from "node:assert/strict";
import type { Value } from "../../../../agent/redis/resp";
import { ListedCommands } from "../../../../agent/redis/statements";

/** A server with such entries, and the time from which on it lists a command, µs. */
class Server {
  set: string[] = [];
  info = "redis_version:8.0\r\nrun_id:abc123\r\n";

  constructor(
    readonly entries: Value[],
    readonly micros = "10000",
  ) {}

  async ask(requests: readonly (readonly string[])[]): Promise<Value[]> {
    return Promise.resolve(
      requests.map(([command = "", , , value = ""]) => {
        if (command === "SLOWLOG") return this.entries;
        if (command === "INFO") return this.info;
        if (value === "") return ["slowlog-log-slower-than", this.micros];
        this.set.push(value);
        return "OK";
      }),
    );
  }
}

const entry = (id: number, words: string[], client = "10.0.0.7:5123", name = ""): Value => [
  id,
  1_700_000_000,
  120_000,
  words,
  client,
  name,
];

async function shown(...entries: Value[]): Promise<Readonly<Record<string, unknown>>[]> {
  return (await new ListedCommands(new Server(entries)).look(10)).map(({ fields }) => fields);
}

describe("Redis' slow commands", () => {
  it("are those of the server's list, without keys and values", async () => {
    const server = new Server([entry(7, ["hset", "session:alice", "password", "secret"], undefined, "web")]);
    assert.deepEqual(await new ListedCommands(server).look(100), [
      {
        key: "abc123/7",
        seconds: 0.12,
        ended: true,
        fields: {
          statement: "HSET",
          keysLike: "session:…",
          words: 4,
          client: "10.0.0.7:5123",
          application: "web",
        },
      },
    ]);
    assert.deepEqual(server.set, ["100000"]);
  });

  it("have the time set where the server has another one, and left alone where not", async () => {
    const server = new Server([], "100000");
    await new ListedCommands(server).look(100);
    assert.deepEqual(server.set, []);
  });

  it("show of a key what it begins with by custom, and nothing of what is none", async () => {
    const fields = await shown(
      entry(1, ["GET", "alice@example.com"]),
      entry(2, ["EVAL", "local:secret", "0"]),
      entry(3, ["AUTH", "user:secret", "(redacted)"]),
      entry(4, ["KEYS"]),
    );
    assert.deepEqual(
      fields.map(({ statement, keysLike }) => [statement, keysLike]),
      [
        ["GET", undefined],
        ["EVAL", undefined],
        ["AUTH", undefined],
        ["KEYS", undefined],
      ],
    );
  });

  it("have as many words as they had, where the server keeps the first of them", async () => {
    const [long] = await shown(entry(1, ["MSET", ...Array<string>(30).fill("x"), "... (70 more arguments)"]));
    assert.equal(long?.["words"], 101);
  });

  it("are not the agent's own, which comes over the pod's socket", async () => {
    assert.deepEqual(await shown(entry(1, ["INFO"], "/run/server/server.sock:0")), []);
  });

  it("are none in an answer of another kind", async () => {
    assert.deepEqual(await shown(null, "x", []), [{ statement: "", words: 1, client: "" }]);
  });
});
