import * as assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareSync } from "bcryptjs";
import { Accounts } from "../../../../agent/cassandra/accounts";
import { Denied, type LocalServer, type Row, Unreachable } from "../../../../agent/cassandra/client";
import { CassandraEngine } from "../../../../agent/cassandra/engine";
import { FormerSessions } from "../../../../agent/cassandra/former-sessions";
import { Repairs } from "../../../../agent/cassandra/repairs";
import { Rack } from "../../../../agent/cassandra/rack";
import { Recognition } from "../../../../agent/cassandra/recognition";
import { Ring, RING_QUESTIONS } from "../../../../agent/cassandra/ring";
import { RingStanding } from "../../../../agent/cassandra/standing";
import { StartFiles } from "../../../../agent/cassandra/settings";
import { Credentials } from "../../../../agent/core/credentials";
import { Notices } from "../../../../agent/core/notices";
import { readIfThere, writeWhole } from "../../../../agent/core/record";
import { Supervisor } from "../../../../agent/core/supervisor";
import { Certificate } from "../../../../agent/core/tls";
import type { Ordinal, Report } from "../../../../agent/core/types";
import { idle, online, view } from "../fixtures";

const ADDRESSES = ["10.1.0.0", "10.1.0.1", "10.1.0.2"];

/** What a server is asked beside the ring's questions, and its answers. */
class Answers {
  readonly asked: string[] = [];
  /** It answers nobody. */
  silent = false;
  now = 0;
  /** What it lets its agent in by. */
  agentPassword = "of-agent";
  replication: object = { class: "org.apache.cassandra.locator.NetworkTopologyStrategy", dc1: "3" };

  constructor(private readonly self: Ordinal) {}

  async run(statement: string): Promise<Row[]> {
    if (this.silent) throw new Unreachable("connection refused");
    switch (statement) {
      case RING_QUESTIONS.local:
        return [{ bootstrapped: "COMPLETED", broadcast_address: ADDRESSES[this.self] }];
      case RING_QUESTIONS.peers:
        return ADDRESSES.filter((_, ordinal) => ordinal !== this.self).map((peer) => ({
          peer,
          tokens: ["1"],
        }));
      case RING_QUESTIONS.gossip:
        return ADDRESSES.map((address) => ({
          address,
          generation: 1,
          heartbeat: 1,
          status_with_port: "NORMAL,1",
        }));
      default:
        this.asked.push(statement);
        if (/system_schema/.test(statement)) return [{ replication: this.replication }];
        return /can_login/.test(statement) ? [{ can_login: true }] : [];
    }
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }
}

/** What a member that is up says of the racks. */
function telling(report: Report, racks: Record<string, string>): Report {
  return { ...report, status: { ...report.status, standing: { share: 100, hints: 0, racks } } };
}

describe("cassandra: a member's engine", () => {
  let folder: string;
  const inFolder = (...path: string[]): string => join(folder, ...path);
  const control = (name: string): string => readFileSync(inFolder("control", name), "utf8");
  const rack = (): string => readFileSync(inFolder("run", "rackdc.properties"), "utf8");
  const config = (): string => readFileSync(inFolder("run", "cassandra.yaml"), "utf8");

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cassandra-engine-"));
    for (const name of ["control", "volume", "secrets", "tls"]) mkdirSync(inFolder(name));
    const secrets = {
      "root-password": "of-admin",
      password: "of-app",
      "replication-password": "of-agent",
      owner: "app",
      username: "app_a",
      database: "app",
    };
    for (const [name, value] of Object.entries(secrets)) writeFileSync(inFolder("secrets", name), value);
    for (const name of ["tls.key", "tls.crt"]) writeFileSync(inFolder("tls", name), `the ${name}`);
    writeFileSync(inFolder("settings"), "num_tokens: 16\n");
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function member(
    self: Ordinal,
    members: Report[] = [],
    supervisor = new Supervisor(inFolder("control"), inFolder("volume"), ["data"]),
    takeOver: Certificate["reconcile"] = async () => Promise.resolve(),
  ): { engine: CassandraEngine; answers: Answers; notices: Notices } {
    const answers = new Answers(self);
    const server = answers as unknown as LocalServer;
    const credentials = new Credentials(inFolder("secrets"));
    const tls = new Credentials(inFolder("tls"));
    const notices = new Notices();
    const engine = new CassandraEngine({
      self: { ordinal: self, host: "", address: `10.0.0.${self}` },
      server,
      supervisor,
      services: { address: async (ordinal) => ADDRESSES[ordinal] },
      startFiles: new StartFiles(inFolder("run"), tls),
      accounts: new Accounts(server, credentials, async ({ password }) =>
        Promise.resolve(password === answers.agentPassword),
      ),
      formerSessions: new FormerSessions(server, credentials),
      repairs: new Repairs(server, notices, () => 0),
      recognition: new Recognition({ self, members: () => members, notices, clock: () => 0 }),
      ring: new Ring(self, () => 0),
      rack: new Rack({
        self,
        kept: {
          read: async () => readIfThere(inFolder("volume", "rack")),
          write: async (rack) => writeWhole(inFolder("volume", "rack"), rack),
        },
        racks: async () => credentials.find("racks"),
        zone: async () => Promise.resolve("zone-a"),
        members: () => members,
        notices,
      }),
      standing: new RingStanding(server, () => 0),
      credentials,
      certificate: Object.assign(new Certificate(tls, notices), {
        check: async () => Promise.resolve(),
        reconcile: takeOver,
      }),
      notices,
      members: () => members,
      settingsFile: inFolder("settings"),
      clock: () => answers.now,
    });
    return { engine, answers, notices };
  }

  it("with data starts beside all others, whoever of them is there", async () => {
    await member(1).engine.prepareStart({ cluster: "c", replicas: 3 });
    assert.match(config(), /"seeds":"10\.1\.0\.0,10\.1\.0\.1,10\.1\.0\.2"/);
    assert.match(config(), /^cluster_name: "c"$/m);
    assert.match(config(), /^broadcast_address: "10\.1\.0\.1"$/m);
    assert.match(config(), /^num_tokens: 16$/m);
    assert.equal(control("arguments"), "");
    assert.equal(readFileSync(inFolder("run", "server.pem"), "utf8"), "the tls.key\nthe tls.crt\n");
    // The script keeps what comes there: without it nobody knows why a server does not start.
    assert.match(readFileSync(inFolder("run", "logback.xml"), "utf8"), /<target>System\.err<\/target>/);
  });

  it("without data joins by members that are up alone, and never by itself", async () => {
    const up = telling(online(0, view(1, [0])), { 0: "zone-b" });
    const coming = idle(2);
    await member(1, [up, coming]).engine.prepareStart({ cluster: "c", replicas: 3, begins: true });
    assert.match(config(), /"seeds":"10\.1\.0\.0"/);
    assert.equal(rack(), "dc=dc1\nrack=zone-a\n");
    assert.equal(control("arguments"), "");
    await assert.rejects(
      member(1, [coming]).engine.prepareStart({ cluster: "c", replicas: 3, begins: true }),
      /no member of the ring is up/,
    );
  });

  it("starts without the part of its log that is torn, and tells of a torn one again the next time", async () => {
    const { engine } = member(1);
    const torn =
      "ERROR x y z - Exiting\norg.x.CommitLogReadHandler$CommitLogReadException: Mutation checksum failure\n";
    await engine.explain(torn);
    await engine.prepareStart({ cluster: "c", replicas: 3 });
    assert.equal(control("arguments"), "-Dcassandra.commitlog.ignorereplayerrors=true\n");
    await engine.reconcile("none");
    assert.equal(control("arguments"), "");
    await engine.prepareStart({ cluster: "c", replicas: 3 });
    assert.equal(control("arguments"), "");
  });

  it("tells of a torn log again also where the agent has begun anew meanwhile", async () => {
    const { engine, notices } = member(1);
    writeFileSync(inFolder("control", "arguments"), "-Dcassandra.commitlog.ignorereplayerrors=true\n");
    await engine.reconcile("none");
    assert.equal(control("arguments"), "");
    assert.match(notices.list()[0]?.text ?? "", /its log was torn/);
  });

  it("has left the ring when its server says so, which answers nobody from then on", async () => {
    const { engine, answers } = member(1);
    answers.silent = true;
    const outcome = async (word: string, code: number): Promise<boolean | undefined> => {
      writeFileSync(inFolder("control", `${word}.outcome`), `${code}\nits words\n`);
      return (await engine.probe()).departed;
    };
    assert.equal((await engine.probe()).process, "starting");
    assert.equal(await outcome("reloadssl", 0), undefined);
    assert.equal(await outcome("decommission", 1), undefined);
    assert.equal(await outcome("decommission", 0), true);
  });

  it("tells how it stands in its ring while it is in one", async () => {
    const { engine, answers } = member(1);
    await engine.probe();
    for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
    const standing = { share: 0, hints: 0, racks: {}, single: [] };
    assert.deepEqual((await engine.probe()).standing, standing);
    assert.deepEqual((await engine.probe()).outside, [], "all that are known are members");
    answers.silent = true;
    assert.equal((await engine.probe()).standing, undefined);
  });

  it("has its server read a certificate that is another one, until it has", async () => {
    const asked: string[] = [];
    let done = false;
    class Asked extends Supervisor {
      override async request(word: string): Promise<void> {
        asked.push(word);
        if (!done) throw new Error("connection refused");
        return Promise.resolve();
      }
    }
    const { engine } = member(1, [], new Asked(inFolder("control"), inFolder("volume")), async (reload) => {
      await reload();
    });
    await engine.prepareStart({ cluster: "c", replicas: 3 });
    await engine.reconcile("none");
    assert.deepEqual(asked, [], "it has begun with it");
    writeFileSync(inFolder("tls", "tls.crt"), "another one");
    await assert.rejects(engine.reconcile("none"), /connection refused/);
    done = true;
    await engine.reconcile("none");
    await engine.reconcile("none");
    assert.deepEqual(asked, ["reloadssl", "reloadssl"]);
    assert.equal(readFileSync(inFolder("run", "server.pem"), "utf8"), "the tls.key\nanother one\n");
  });

  it("without data takes its own former place, if the ring has it still", async () => {
    const up = telling(online(0, view(1, [0, 1, 2])), { 0: "zone-b", 1: "zone-c" });
    await member(1, [up]).engine.prepareStart({ cluster: "c", replicas: 3, begins: true });
    assert.equal(control("arguments"), "-Dcassandra.replace_address_first_boot=10.1.0.1\n");
    assert.equal(rack(), "dc=dc1\nrack=zone-c\n");
  });

  it("does not take its place again for rows of which it had the only copy, and says whose", async () => {
    const { status, ...report } = telling(online(0, view(1, [0, 1, 2])), { 0: "zone-b", 1: "zone-c" });
    const standing = { share: 100, hints: 0, racks: { 1: "zone-c" }, single: ["cache"] };
    const members: Report[] = [{ ...report, status: { ...status, standing } }];
    const { engine, notices } = member(1, members);
    const start = { cluster: "c", replicas: 3, begins: true };
    await assert.rejects(engine.prepareStart(start), /the only copy of some rows .*: cache$/);
    assert.equal(existsSync(inFolder("run", "cassandra.yaml")), false);
    const [notice] = notices.list();
    assert.equal(notice?.severity, "problem");
    assert.match(notice.advice ?? "", /ALTER KEYSPACE/);
    // Somebody has given it more copies, or dropped it.
    members[0] = { ...report, status: { ...status, standing: { ...standing, single: [] } } };
    await engine.prepareStart(start);
    assert.deepEqual(notices.list(), []);
    assert.match(control("arguments"), /replace_address_first_boot/);
  });

  it("begins a ring by itself, on an empty directory, with accounts and copies in place before anybody joins", async () => {
    const { engine, answers } = member(0);
    mkdirSync(inFolder("volume", "data", "data"), { recursive: true });
    writeFileSync(inFolder("control", "state"), "stopped 0");
    await engine.bootstrap({ cluster: "c", fresh: true, replicas: 3 });
    assert.equal(existsSync(inFolder("volume", "data")), false);
    assert.equal(control("order"), "init\n");
    assert.match(config(), /"seeds":"10\.1\.0\.0"/);
    assert.match(config(), /^default_keyspace_rf: 1$/m);
    const said = answers.asked.join("\n");
    assert.match(said, /ALTER ROLE "cassandra" WITH LOGIN = false AND SUPERUSER = false/);
    assert.match(said, /CREATE ROLE IF NOT EXISTS "app_a" WITH LOGIN = false AND PASSWORD = 'of-app'/);
    assert.match(said, /CREATE KEYSPACE IF NOT EXISTS "app" WITH replication = .*'dc1': 3/);
    assert.match(answers.asked.at(-1) ?? "", /^ALTER KEYSPACE system_auth .*'dc1': 3/);
  });

  it("is in no ring before accounts and copies are made, and while it lets its agent not in", async () => {
    const { engine, answers } = member(0);
    answers.replication = { class: "org.apache.cassandra.locator.SimpleStrategy", replication_factor: "1" };
    const before = await engine.probe();
    assert.deepEqual([before.process, before.member], ["running", "offline"]);
    answers.replication = { class: "org.apache.cassandra.locator.NetworkTopologyStrategy", dc1: "3" };
    assert.equal((await engine.probe()).member, "online");
    answers.run = async () => Promise.reject(new Denied("wrong"));
    const denied = await engine.probe();
    assert.deepEqual([denied.process, denied.member], ["running", "offline"]);
    answers.run = async () => Promise.reject(new Unreachable("refused"));
    assert.equal((await engine.probe()).process, "starting");
  });

  it("sees to accounts as the lowest of those that are up, once, and has the script make no other directory", async () => {
    for (const [self, does] of [
      [0, true],
      [1, false],
    ] as const) {
      writeFileSync(inFolder("control", "order"), "init\n");
      const { engine, answers } = member(self);
      await engine.probe();
      answers.asked.length = 0;
      await engine.reconcile("member");
      assert.equal(control("order"), "run\n");
      assert.equal(
        answers.asked.some((one) => /^(CREATE|ALTER) ROLE/.test(one)),
        does,
      );
      answers.asked.length = 0;
      await engine.reconcile("member");
      assert.deepEqual(
        answers.asked.filter((one) => /^(CREATE|ALTER) ROLE/.test(one)),
        [],
      );
    }
  });

  it("goes on letting clients in while their user is exchanged, which makes the new one", async () => {
    writeFileSync(inFolder("secrets", "username"), "app_b");
    const { engine, answers } = member(0);
    const status = await engine.probe();
    assert.equal(status.admitted, true);
    assert.match(answers.asked.join("\n"), /role IN \('app_b', 'app', 'app_a'\)/);
    await engine.admit();
    assert.match(
      answers.asked.join("\n"),
      /CREATE ROLE IF NOT EXISTS "app_b" WITH LOGIN = true AND PASSWORD/,
    );
    assert.match(answers.asked.join("\n"), /GRANT "app" TO "app_b"/);
  });

  it("makes its agents' password another one when the Secret has one, whoever sees to the other accounts", async () => {
    const { engine, answers } = member(1);
    await engine.probe();
    const changes = async (): Promise<string[]> => {
      answers.asked.length = 0;
      await engine.reconcile("member");
      return answers.asked.filter((one) => /^(CREATE|ALTER) ROLE/.test(one));
    };
    assert.deepEqual(await changes(), []);
    writeFileSync(inFolder("secrets", "replication-password"), "another");
    assert.deepEqual(await changes(), [`ALTER ROLE "stateful_agent" WITH PASSWORD = 'another'`]);
    assert.deepEqual(await changes(), []);
  });

  it("says that it is locked out when that has lasted, and no sooner", async () => {
    const { engine, answers } = member(1);
    const ask = answers.run.bind(answers);
    const denied = async (): Promise<Row[]> => Promise.reject(new Denied("incorrect"));
    const lockedOut = async (now: number, run: typeof ask): Promise<boolean | undefined> => {
      Object.assign(answers, { now, run });
      return (await engine.probe()).lockedOut;
    };
    assert.equal(await lockedOut(0, denied), false);
    assert.equal(await lockedOut(29_000, denied), false);
    assert.equal(await lockedOut(30_000, denied), true);
    assert.equal(await lockedOut(31_000, ask), undefined);
    assert.equal(await lockedOut(70_000, denied), false);
  });

  it("opens a way for its agents from within the pod alone, and shuts it again, whatever comes of it", async () => {
    for (const fails of [false, true]) {
      const { engine, answers } = member(1);
      await engine.prepareStart({ cluster: "c", replicas: 3 });
      const seen: unknown[] = [];
      answers.run = async (statement) => {
        const { member: standing, lockedOut } = await engine.probe();
        seen.push([standing, lockedOut, control("order")], config(), statement);
        answers.now = 400_000;
        if (fails) throw new Unreachable("no quorum");
        return [];
      };
      const opened = engine.steps["open the way in"]();
      await (fails ? assert.rejects(opened, /no quorum/) : opened);
      const [at, settings, statement] = seen as [unknown, string, string];
      assert.deepEqual(at, ["offline", undefined, "run\n"]);
      for (const line of [
        'authenticator: "AllowAllAuthenticator"',
        'authorizer: "AllowAllAuthorizer"',
        'rpc_address: "127.0.0.1"',
        'cluster_name: "c"',
      ])
        assert.ok(settings.split("\n").includes(line), line);
      const [, hashed = ""] = /salted_hash = '([^']+)'/.exec(statement) ?? [];
      assert.ok(hashed.startsWith("$2a$10$") && compareSync("of-agent", hashed));
      assert.match(statement, /can_login = true, is_superuser = true WHERE role = 'stateful_agent'$/);
      assert.equal(control("order"), "hold\n");
      assert.ok(existsSync(inFolder("control", "kill")));
      await engine.prepareStart({ cluster: "c", replicas: 3 });
      assert.doesNotMatch(config(), /AllowAll/);
    }
  });

  it("is a member again also when its server took its time to end", async () => {
    let ends = 0;
    class Slow extends Supervisor {
      override async halt(): Promise<void> {
        if (++ends === 2) throw new Error("the server did not stop");
        await super.halt();
      }
    }
    const { engine } = member(1, [], new Slow(inFolder("control"), inFolder("volume"), ["data"]));
    await engine.prepareStart({ cluster: "c", replicas: 3 });
    await assert.rejects(engine.steps["open the way in"](), /did not stop/);
    assert.equal((await engine.probe()).member, "offline");
    await engine.prepareStart({ cluster: "c", replicas: 3 });
    assert.equal((await engine.probe()).member, "online");
  });

  it("ends a server that an ended agent left without a guard", async () => {
    const before = member(1);
    await before.engine.prepareStart({ cluster: "c", replicas: 3 });
    await new StartFiles(inFolder("run"), new Credentials(inFolder("tls"))).unguard();
    rmSync(inFolder("control", "order"), { force: true });
    assert.equal((await member(1).engine.probe()).member, "offline");
    assert.equal(control("order"), "hold\n");
    assert.ok(existsSync(inFolder("control", "kill")));
  });

  it("takes what a former role may do where former passwords are revoked", async () => {
    writeFileSync(inFolder("secrets", "revoke-previous"), "true");
    const answers = new Answers(0);
    answers.run = async (statement) => {
      answers.asked.push(statement);
      return statement.startsWith("SELECT role") ? [{ role: "app_b" }] : [];
    };
    await new FormerSessions(
      answers as unknown as LocalServer,
      new Credentials(inFolder("secrets")),
    ).reconcile();
    assert.ok(answers.asked.includes('ALTER ROLE "app_b" WITH LOGIN = false'));
    assert.ok(answers.asked.includes('REVOKE "app" FROM "app_b"'));
  });
});
