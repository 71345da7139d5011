import * as assert from "node:assert/strict";
import { Notices } from "../../../../agent/core/notices";
import { Supervisor } from "../../../../agent/core/supervisor";
import { Accounts } from "../../../../agent/mongodb/accounts";
import { CODES, Refused, Unanswered } from "../../../../agent/mongodb/connection";
import { MongoDbEngine, type MongoDbParts } from "../../../../agent/mongodb/engine";
import { FormerSessions } from "../../../../agent/mongodb/former-sessions";
import { Users } from "../../../../agent/mongodb/users";
import type { Document } from "../../../../agent/mongodb/wire";
import { online, view } from "../fixtures";

const HOST = (ordinal: number): string => `db-${ordinal}.db-headless.ns.svc:27017`;

/** A member whose server answers so, by the names of commands; what is not named, it refuses. */
function member(
  answers: Record<string, Document | Error>,
  change: Partial<MongoDbParts> = {},
): { engine: MongoDbEngine; asked: Document[] } {
  const asked: Document[] = [];
  const server = {
    run: async (command: Document): Promise<Document> => {
      asked.push(command);
      const answer = answers[Object.keys(command)[0] ?? ""] ?? new Refused("no such command", 59);
      if (answer instanceof Error) throw answer;
      return Promise.resolve(answer);
    },
    close: () => undefined,
  };
  const credentials = {
    read: async () => "x",
    find: async () => undefined,
    hide: async (text: string) => text,
  };
  const engine = new MongoDbEngine({
    self: { ordinal: 1, host: "db-1.db-headless.ns.svc", address: "10.0.0.1" },
    setName: "db",
    server,
    ask: async () => ({}),
    host: HOST,
    supervisor: new Supervisor("/nonexistent/control", "/nonexistent/volume"),
    startFiles: { write: async () => undefined, writeCertificates: async () => false },
    rollbacks: { notice: async () => undefined },
    keys: { forStart: async () => [], prints: async () => undefined, notice: async () => undefined },
    accounts: new Accounts(server, credentials, async () => true),
    formerSessions: new FormerSessions(server, credentials),
    users: new Users({
      server,
      credentials,
      letsIn: async () => true,
      notices: new Notices(),
      clock: () => 0,
    }),
    letsIn: async () => true,
    credentials,
    certificate: { check: async () => undefined, reconcile: async () => undefined },
    notices: new Notices(),
    members: () => [],
    resolve: async () => ["10.0.0.1"],
    wantedSettings: async () => undefined,
    holdsFeatures: async () => false,
    log: () => undefined,
    clock: () => 0,
    pause: async () => undefined,
    ...change,
  });
  return { engine, asked };
}

describe("a MongoDB member's agent beside its server", () => {
  const removed = new Refused("not a member of it", CODES.invalidConfig);

  it("takes a server that was taken out for being in no set", async () => {
    const config = { members: [{ _id: 0, host: HOST(0) }] };
    const { engine } = member({ replSetGetStatus: removed, replSetGetConfig: { config } });
    const { member: standing, hung } = await engine.probe();
    assert.deepEqual([standing, hung], ["offline", undefined]);
  });

  it("has one started again that does not find itself in the set that has it", async () => {
    const config = { members: [0, 1].map((_id) => ({ _id, host: HOST(_id) })) };
    const { engine } = member({ replSetGetStatus: removed, replSetGetConfig: { config } });
    const { member: standing, hung } = await engine.probe();
    assert.equal(standing, "blocked");
    assert.match(hung?.reason ?? "", /does not find itself/);
  });

  it("tells one that hangs from one that is on its way, and from one that refuses it", async () => {
    const hanging = await member({ replSetGetStatus: new Unanswered("no answer") }).engine.probe();
    assert.equal(hanging.hung?.unless, "unreplaced");
    const away = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const starting = await member({ replSetGetStatus: away }).engine.probe();
    assert.deepEqual(starting, { process: "starting", member: "offline", role: "none" });
    const refusing = new Refused("Authentication failed.", CODES.authenticationFailed);
    const denied = await member({ replSetGetStatus: refusing }).engine.probe();
    assert.ok(denied.hung !== undefined && denied.hung.unless === undefined, "a start makes its key anew");
  });

  it("starts none with an empty disk that the set still counts, whatever was decided before", async () => {
    const members = (ordinals: number[]) => () =>
      [0, 2].map((ordinal) => online(ordinal, view(3, ordinals, 0)));
    const counted = member({}, { members: members([0, 1, 2]) }).engine;
    await assert.rejects(async () => counted.prepareStart({ begins: true }), /still counts this member/);
    await counted.prepareStart({});
    await member({}, { members: members([0, 2]) }).engine.prepareStart({ begins: true });
  });

  it("starts none whose name does not lead to it", async () => {
    for (const resolve of [async () => ["10.0.0.9"], async () => Promise.reject(new Error("ENOTFOUND"))])
      await assert.rejects(
        async () => member({}, { resolve }).engine.prepareStart({}),
        /does not lead to this pod/,
      );
  });

  it("hides what the Secret has in why a server does not start", async () => {
    const { engine } = member({}, { credentials: { hide: async (text) => text.replace("secret", "***") } });
    const log = JSON.stringify({ s: "F", msg: "Fatal", attr: { error: "bad secret" } });
    assert.deepEqual(await engine.explain(log), { words: "Fatal: bad ***" });
  });
});
