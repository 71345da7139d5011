import assert from "node:assert/strict";
import type { Isolation, Session, SoakClient } from "../../soak/client/session";
import { Worker } from "../../soak/client/worker";
import { onLists, onRegister } from "../../soak/client/workload";
import { type Operation, parseOperations, type RegisterAction } from "../../soak/history";

const WANTED: RegisterAction = { f: "write", key: "k", value: "v" };

/** A server that does what it is told to at one point of a transaction. */
class FakeClient implements SoakClient {
  readonly did: string[] = [];
  opened = 0;
  /** What is held, and what goes wrong, by the step at which. */
  constructor(
    private readonly troubles: Record<string, (() => Promise<never>) | undefined> = {},
    private readonly held: string | null = "old",
  ) {}

  async prepare(): Promise<void> {
    this.did.push("prepare");
  }

  async open(_: unknown, isolation: Isolation): Promise<Session> {
    await this.troubles["open"]?.();
    this.opened++;
    const step = (name: string) => async (): Promise<void> => {
      this.did.push(name);
      await this.troubles[name]?.();
    };
    return {
      begin: step(`begin ${isolation}`),
      commit: step("commit"),
      touch: step("touch"),
      register: async () => this.held,
      writeRegister: step("write"),
      swapRegister: async (_key, from) => from === this.held,
      list: async () => ["1"],
      append: step("append"),
      addRows: step("rows"),
      countRows: async () => ({}),
      destroy: () => this.did.push("destroy"),
    };
  }

  refusedCommit(error: unknown): boolean {
    return String(error).includes("refused");
  }
}

async function performed(
  client: FakeClient,
  times = 1,
  timeoutMs = 500,
): Promise<{ operations: Operation[]; lines: string[] }> {
  const lines: string[] = [];
  const worker = new Worker({
    ...{ client, side: "node1", name: "a", isolation: "read committed" as const },
    target: () => ({ host: "198.18.0.1", port: 1 }),
    log: (line) => lines.push(line),
  });
  for (let time = 0; time < times; time++)
    await worker.perform(WANTED, timeoutMs, async (session) => onRegister(session, WANTED, "row"));
  return { operations: parseOperations(lines.join("\n")), lines };
}

const fails = (said: string) => async (): Promise<never> => Promise.reject(new Error(said));
const hangs = async (): Promise<never> => new Promise(() => undefined);

describe("a worker of a soak", () => {
  it("logs that it begins before anything is sent, and keeps its connection", async () => {
    const client = new FakeClient();
    const { operations, lines } = await performed(client, 2);
    assert.deepEqual(
      operations.map(({ outcome, process }) => [outcome, process]),
      [
        ["ok", "node1/a/0"],
        ["ok", "node1/a/0"],
      ],
    );
    assert.match(lines[0] ?? "", /"type":"invoke"/);
    assert.deepEqual([client.opened, client.did.includes("destroy")], [1, false]);
    assert.ok(operations.every(({ start, end }) => end !== undefined && end >= start));
  });

  it("knows that nothing happened when it failed before the commit was sent, and closes the connection", async () => {
    for (const at of ["open", "begin read committed", "write"]) {
      for (const trouble of [fails("connection lost"), hangs]) {
        const client = new FakeClient({ [at]: trouble });
        const { operations } = await performed(client, 1, 30);
        assert.deepEqual([at, operations[0]?.outcome], [at, "fail"]);
        assert.ok(!client.did.includes("commit"), at);
        assert.equal(client.did.includes("destroy"), at !== "open", at);
      }
    }
  });

  it("does not know what happened when the answer to the commit did not come, and goes on under another name", async () => {
    for (const trouble of [fails("connection lost"), hangs]) {
      const { operations } = await performed(new FakeClient({ commit: trouble }), 2, 30);
      assert.deepEqual(
        operations.map(({ outcome, end, process }) => [outcome, end, process]),
        [
          ["info", undefined, "node1/a/0"],
          ["info", undefined, "node1/a/1"],
        ],
      );
    }
  });

  it("believes a server that refuses the commit", async () => {
    const { operations } = await performed(new FakeClient({ commit: fails("refused") }));
    assert.equal(operations[0]?.outcome, "fail");
  });

  it("never commits what was given up before", async () => {
    let late: () => void = () => undefined;
    const slow = async (): Promise<never> => new Promise((resolve) => (late = resolve as never));
    const client = new FakeClient({ write: slow });
    const { operations } = await performed(client, 1, 20);
    late();
    await new Promise(setImmediate);
    assert.deepEqual([operations[0]?.outcome, client.did.includes("commit")], ["fail", false]);
  });
});

describe("what a soak's workers do in a transaction", () => {
  const session = async (client: FakeClient): Promise<Session> => client.open(undefined, "serializable");

  it("reads so that only a primary can commit it, also by a swap that found another value", async () => {
    for (const [action, touches] of [
      [{ f: "read", key: "k" }, true],
      [{ f: "look", key: "k" }, false],
      [{ f: "swap", key: "k", from: "other", value: "new" }, true],
      [{ f: "swap", key: "k", from: "old", value: "new" }, false],
    ] as [RegisterAction, boolean][]) {
      const client = new FakeClient();
      const done = await onRegister(await session(client), action, "row");
      assert.equal(client.did.includes("touch"), touches, action.f);
      if (done.f === "swap") assert.equal(done.swapped, !touches);
      if (done.f === "read" || done.f === "look") assert.equal(done.value, "old");
    }
  });

  it("writes in every transaction on lists that must count, and in no other", async () => {
    const did = async (
      steps: [["append" | "r", string, string | null]],
      writes: boolean,
    ): Promise<string[]> => {
      const client = new FakeClient();
      await onLists(await session(client), { f: "transaction", steps: steps as never, writes }, "row");
      return client.did;
    };
    assert.deepEqual(await did([["append", "k", "1"]], true), ["append"]);
    assert.deepEqual(await did([["r", "k", null]], true), ["touch"]);
    assert.deepEqual(await did([["r", "k", null]], false), []);
  });
});
