import * as assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Credentials } from "../../../../agent/core/credentials";
import { Notices } from "../../../../agent/core/notices";
import { Supervisor } from "../../../../agent/core/supervisor";
import type { Certificate } from "../../../../agent/core/tls";
import type { PostgreSqlCopies } from "../../../../agent/postgresql/copies";
import { PlainServer } from "../../../../agent/postgresql/plain-server";
import { WalArchive } from "../../../../agent/postgresql/archive";
import { CommitFloor } from "../../../../agent/postgresql/commit-floor";
import { PostgreSqlEngine } from "../../../../agent/postgresql/engine";
import type { LockRelease } from "../../../../agent/postgresql/lock-release";
import type { Detachment, Standing, Vote } from "../../../../agent/postgresql/detachment";
import { Fence } from "../../../../agent/postgresql/fence";
import { Following } from "../../../../agent/postgresql/following";
import type { ExporterLogin } from "../../../../agent/core/exporter";
import type { FormerSessions } from "../../../../agent/postgresql/former-sessions";
import { Hangs } from "../../../../agent/postgresql/hangs";
import type { ServerSettings } from "../../../../agent/postgresql/in-force";
import { KeptLog } from "../../../../agent/postgresql/kept-log";
import { PatroniKeys } from "../../../../agent/postgresql/keys";
import { OwnPasswords } from "../../../../agent/postgresql/member-passwords";
import { PatroniApi } from "../../../../agent/postgresql/rest";
import { patroniLabels, priorityOf, sharedSettings } from "../../../../agent/postgresql/settings";
import { Source, type SourceIdentity } from "../../../../agent/postgresql/source";
import type { Row } from "../../../../agent/postgresql/sql";
import type { PatroniStatus } from "../../../../agent/postgresql/status";
import { view } from "../fixtures";
import { FakeEndpoints } from "./fake-endpoints";
import { FakePatroni, identityIn } from "./fake-patroni";
import { wanted } from "./wanted";

function authorization(password: string): string {
  return `Basic ${Buffer.from(`stateful:${password}`).toString("base64")}`;
}

describe("the PostgreSQL engine", () => {
  let folder: string;
  let patroni: FakePatroni;
  let status: PatroniStatus | "silent" | "hangs";
  let requests: string[];
  let statements: string[];
  let administer: (sql: string) => Promise<void>;
  let now: number;
  let endpoints: FakeEndpoints;
  let engine: PostgreSqlEngine;
  let plain: PlainServer;
  let late: boolean;
  /** How many times it was waited for the server's end. */
  let waits: number;
  let notices: Notices;
  let inForce: ServerSettings;
  /** The password that Patroni has. */
  let knows: string;
  /** Whether the Secret's password of replication is set. */
  let holds: boolean;
  let reply: "primary" | "replica" | "answers" | "hangs" | "gone";
  /** What the source says it is. */
  let found: SourceIdentity | Error;
  /** What of the source's log comes in. */
  let stream: Row;
  /** What the server says of that. */
  let sourceLog: string;
  /** Sessions of others than members. */
  let others: number;
  let fenceInFile: boolean;
  let fence: Fence;
  let seen: Standing[] = [];
  let waited = 0;
  const detached = {
    vote: undefined as Vote | undefined,
    see: (standing: Standing) => seen.push(standing),
    untilTrusted: async () => {
      waited++;
      return Promise.resolve();
    },
  };
  let queries: string[];
  /** What Patroni does when it is asked how it is. */
  let asked: () => void;

  beforeEach(async () => {
    waits = 0;
    folder = mkdtempSync(join(tmpdir(), "postgresql-"));
    for (const name of ["control", "credentials", "volume"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "settings.json"), JSON.stringify(wanted));
    for (const key of ["rest-password", "replication-password"]) {
      writeFileSync(join(folder, "credentials", key), `the ${key}`);
    }
    statements = [];
    now = 0;
    administer = async (sql) => {
      statements.push(sql);
    };
    knows = "the rest-password";
    holds = true;
    reply = "primary";
    asked = () => undefined;
    late = false;
    notices = new Notices();
    inForce = { settings: [], file: [], hbaErrors: [] };
    status = { state: "running", role: "primary", timeline: 3, xlog: { location: 7 } };
    const credentials = new Credentials(join(folder, "credentials"));
    const identity = await identityIn(folder, () => now);
    patroni = new FakePatroni(identity, (incoming, outgoing) => {
      if (status === "silent") outgoing.destroy();
      else if (incoming.method === "GET") {
        asked();
        outgoing.end(JSON.stringify(status));
      } else if (incoming.headers.authorization !== authorization(knows)) {
        outgoing.writeHead(401).end("no auth");
      } else outgoing.end("done");
    });
    const { requests: all } = patroni;
    requests = all;
    const port = await patroni.listen();
    endpoints = new FakeEndpoints();
    const passwords = new OwnPasswords(
      join(folder, "control"),
      credentials,
      async () => holds,
      () => now,
    );
    plain = new PlainServer({
      supervisor: new Supervisor(join(folder, "control"), join(folder, "volume")),
      volume: join(folder, "volume"),
      wanted: async () => Promise.reject(new Error("not asked")),
      ask: async () => [],
    });
    for (const name of ["source", "certificates"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "certificates", "ca.crt"), "our authority");
    writeFileSync(join(folder, "source", "replication-password"), "the source's password");
    found = { system: "7", version: "17.4" };
    stream = { status: "streaming", told: "0/30", replayed: "0/30", system: "7" };
    others = 0;
    const query = async (sql: string): Promise<Row[]> => {
      queries.push(sql);
      if (sql.includes("pg_hba_file_rules")) return [{ fenced: fenceInFile }];
      return sql.includes("pg_terminate_backend") ? [{ ended: String(others) }] : [stream];
    };
    queries = [];
    sourceLog = "";
    fenceInFile = false;
    fence = new Fence(query, () => now);
    const source = new Source({
      files: new Credentials(join(folder, "source")),
      certificates: new Credentials(join(folder, "certificates")),
      control: join(folder, "control"),
      ask: async () => {
        if (found instanceof Error) throw found;
        return found;
      },
    });
    engine = new PostgreSqlEngine({
      source,
      following: new Following({ query, source, log: async () => sourceLog, clock: () => now }),
      fence,
      self: { ordinal: 1, host: "orders-1", address: "127.0.0.1" },
      database: "orders",
      namespace: "shop",
      volume: join(folder, "volume"),
      supervisor: new Supervisor(join(folder, "control"), join(folder, "volume")),
      credentials,
      passwords,
      exporter: { attend: () => undefined } as unknown as ExporterLogin,
      formerSessions: { reconcile: async () => undefined } as unknown as FormerSessions,
      certificate: {
        check: async () => undefined,
        reconcile: async () => undefined,
      } as unknown as Certificate,
      certificates: "/etc/stateful/tls",
      trusted: "/run/stateful/members-authorities.crt",
      detachment: detached as unknown as Detachment,
      keys: new PatroniKeys(endpoints.client, "shop", "orders", patroniLabels("orders")),
      lockRelease: {
        whenShutDown: async () => {
          waits++;
          return Promise.resolve();
        },
      } as unknown as LockRelease,
      identity,
      api: new PatroniApi("127.0.0.1", identity, async () => [await credentials.read("rest-password")], port),
      hangs: new Hangs(
        async () => {
          if (!late) throw new Error("no answer");
        },
        async () => reply,
      ),
      notices,
      inForce: async () => inForce,
      log: new KeptLog(async () => ({ file: "0000000100000002", size: "16777216" })),
      archive: new WalArchive({
        volume: join(folder, "volume"),
        control: join(folder, "control"),
        ask: async () => Promise.reject(new Error("no server")),
      }),
      plain,
      copies: undefined as unknown as PostgreSqlCopies,
      backedUp: async () => false,
      floor: new CommitFloor(join(folder, "volume")),
      administer: async (sql) => administer(sql),
      statements: { times: { default: 1000, least: 100 }, look: async () => Promise.resolve([]) },
      clock: () => now,
      wantedFile: join(folder, "settings.json"),
    });
    engine.heed({});
  });
  afterEach(() => {
    patroni.close();
    rmSync(folder, { recursive: true });
  });

  const configuration = () =>
    JSON.parse(readFileSync(join(folder, "control", "patroni.yml"), "utf8")) as Record<string, any>;

  describe("tells of a member what Patroni and its server say", () => {
    it("where it is in the log, and of a primary's log what is still there", async () => {
      const kept = 2 * 16_777_216 + 2 ** 32;
      assert.equal((await engine.probe()).position, `3/7/${kept}`);
      status = {
        state: "running",
        role: "replica",
        timeline: 3,
        xlog: { received_location: 0, replayed_location: 5 },
      };
      assert.equal((await engine.probe()).position, "3/5");
      assert.equal(engine.logs.canCatchUp("3/5", `3/9/${kept}`), false);
      assert.equal(engine.logs.canCatchUp(`3/${kept}`, `3/9/${kept}`), true);
      assert.equal(engine.logs.canCatchUp("3/5", "3/9"), true, "nothing is known of the log");
    });

    it("that it receives nothing from the primary any more, as long as that is so", async () => {
      assert.equal((await engine.probe()).detached, undefined);
      detached.vote = { leader: "orders-0", version: "7", at: 0 };
      assert.equal((await engine.probe()).detached, "7");
      detached.vote = undefined;
    });

    it("to what makes a lock void: what its server does, and whether Patroni elects by rules that are known", async () => {
      const as = async (change: Partial<PatroniStatus>): Promise<Standing | undefined> => {
        seen = [];
        status = { ...follower, ...change };
        await engine.probe();
        return seen[0];
      };
      const follower = {
        state: "running",
        role: "replica",
        timeline: 3,
        patroni: { version: "4.0.7" },
      } as const;
      assert.deepEqual(await as({}), { leads: false, follows: true, barred: false });
      assert.deepEqual(await as({ role: "primary" }), { leads: true, follows: false, barred: false });
      assert.equal((await as({ state: "starting" }))?.follows, false);
      assert.equal((await as({ pause: true }))?.barred, true);
      assert.equal((await as({ patroni: { version: "5.0.0" } }))?.barred, true);
    });

    it("that the agent was not tried with this Patroni", async () => {
      for (const [version, said] of [
        ["4.0.7", undefined],
        ["4.1", undefined],
        ["4.1.0rc1", undefined],
        ["4.10.2", /^Patroni 4\.10\.2 runs, and the agent was tried with 4\.0 and 4\.1 alone$/],
        ["5.0.0", /^Patroni 5\.0\.0 runs/],
        ["3.3.2", /^Patroni 3\.3\.2 runs/],
        ["4", /^Patroni 4 runs/],
        [undefined, undefined],
      ] as const) {
        status = { ...(status as PatroniStatus), patroni: version === undefined ? {} : { version } };
        await engine.probe();
        const [notice] = notices.list();
        if (said === undefined) assert.equal(notice, undefined, version);
        else assert.match(notice?.text ?? "", said);
      }
    });

    it("that somebody has paused Patroni, until it is resumed", async () => {
      status = { ...(status as PatroniStatus), pause: true };
      await engine.probe();
      assert.match(notices.list()[0]?.text ?? "", /paused: nobody takes over/);
      status = { ...status, pause: false };
      await engine.probe();
      assert.deepEqual(notices.list(), []);
    });

    it("a primary, with those that stream from it and what the election goes by", async () => {
      const sync = { leader: "orders-1", sync_standby: "orders-0,orders-2", quorum: "1" };
      endpoints.objects.set("orders-sync", sync);
      status = {
        state: "running",
        role: "primary",
        timeline: 3,
        replication: [
          { application_name: "orders-0", state: "streaming" },
          { application_name: "orders-2", state: "catchup" },
          { application_name: "pg_basebackup", state: "backup" },
        ],
      };
      const { member, role, view: seen } = await engine.probe();
      assert.equal(member, "online");
      assert.equal(role, "primary");
      assert.deepEqual(seen, {
        number: 3,
        members: [0, 1, 2],
        online: [0, 1],
        primary: 1,
        election: JSON.stringify(sync),
      });
    });

    it("what the election goes by as it last was, where Patroni's own copy is lost, until there is another primary", async () => {
      const sync = { leader: "orders-1", sync_standby: "orders-0", quorum: "1" };
      const elects = async () => (await engine.probe()).view?.election;
      const primary = (timeline: number, replica: string) => {
        const replication = [{ application_name: replica, state: "streaming" }];
        status = { state: "running", role: "primary", timeline, replication };
      };
      primary(3, "orders-0");
      assert.equal(await elects(), undefined);
      endpoints.objects.set("orders-sync", sync);
      assert.equal(await elects(), JSON.stringify(sync), "unknown, it is looked for each time");
      for (const lost of [
        () => endpoints.objects.set("orders-sync", {}),
        () => {
          endpoints.objects.clear();
        },
      ]) {
        lost();
        primary(3, `orders-${endpoints.objects.size}`);
        assert.equal(await elects(), JSON.stringify(sync));
      }
      primary(4, "orders-0");
      assert.equal(await elects(), undefined);
    });

    it("never by a call that may give the lock to two members", async () => {
      await engine.probe();
      assert.ok(!requests.includes("GET /cluster"));
    });

    for (const [what, now, member, role] of [
      ["a replica that streams", { replication_state: "streaming" }, "online", "replica"],
      ["a replica that catches up", {}, "joining", "none"],
      ["a replica without a primary", { cluster_unlocked: true }, "blocked", "none"],
      ["a primary without its lock", { role: "primary", cluster_unlocked: true }, "blocked", "none"],
      [
        "a primary while the API server is away",
        { role: "primary", cluster_unlocked: true, failsafe_mode_is_active: true },
        "online",
        "primary",
      ],
      ["a server that does not start", { state: "start failed" }, "failed", "none"],
      ["a copy being made", { state: "creating replica" }, "offline", "none"],
    ] as const) {
      it(what, async () => {
        status = { state: "running", role: "replica", timeline: 3, ...now };
        const found = await engine.probe();
        assert.deepEqual([found.member, found.role], [member, role]);
      });
    }

    it("settings that wait for a restart", async () => {
      status = { state: "running", role: "primary", timeline: 3, pending_restart: true };
      assert.match((await engine.probe()).detail ?? "", /after a restart/);
    });
  });

  describe("notices that something hangs", () => {
    it("Patroni, beside a server that takes writes", async () => {
      status = "silent";
      const { hung, process } = await engine.probe();
      assert.equal(process, "starting");
      assert.ok(hung && hung.patience < 20_000, "it must end before another member takes over");
      reply = "replica";
      assert.ok((await engine.probe()).hung!.patience > hung.patience);
    });

    it("not a Patroni that answers late, as on a busy node", async () => {
      status = "silent";
      assert.ok((await engine.probe()).hung);
      late = true;
      await engine.probe();
      await sleep(20);
      assert.equal((await engine.probe()).hung, undefined);
    });

    it("not a Patroni that is being started, or whose server is", async () => {
      status = "silent";
      for (reply of ["gone", "answers"] as const) assert.equal((await engine.probe()).hung, undefined);
    });

    it("a server that Patroni still has a connection to", async () => {
      reply = "hangs";
      assert.match((await engine.probe()).hung?.reason ?? "", /no new connections/);
    });
  });

  const replication = () =>
    configuration()["postgresql"].authentication.replication as Record<string, string>;

  describe("before Patroni starts", () => {
    const last = {
      ...view(3, [0, 1, 2], 0),
      election: JSON.stringify({ leader: "orders-0", sync_standby: "orders-2", quorum: "0" }),
    };

    it("waits until members are trusted, and has its server know them by the file that can be taken away", async () => {
      const before = waited;
      await engine.prepareStart({ last });
      assert.equal(waited, before + 1);
      const { sslmode, sslrootcert } = replication();
      assert.deepEqual([sslmode, sslrootcert], ["verify-ca", "/run/stateful/members-authorities.crt"]);
    });

    it("gives it no way to make an empty data directory", async () => {
      await engine.prepareStart({ last });
      assert.equal(configuration()["bootstrap"], undefined);
      assert.equal(configuration()["name"], "orders-1");
    });

    it("makes its settings and what its election goes by again, where they were deleted", async () => {
      await engine.prepareStart({ last });
      assert.deepEqual(endpoints.objects.get("orders-sync"), JSON.parse(last.election));
      const settings = JSON.parse(endpoints.objects.get("orders-config")!["config"]!) as object;
      assert.deepEqual(settings, JSON.parse(JSON.stringify(sharedSettings(wanted, 3))));
    });

    it("leaves alone what is there", async () => {
      const sync = { leader: "orders-2", sync_standby: "orders-1", quorum: "0" };
      endpoints.objects.set("orders-sync", { ...sync });
      endpoints.objects.set("orders-config", { config: "{}", initialize: "1" });
      await engine.prepareStart({ last });
      assert.deepEqual(endpoints.objects.get("orders-sync"), sync);
      assert.deepEqual(endpoints.objects.get("orders-config"), { config: "{}", initialize: "1" });
    });

    it("makes no Endpoints where the stack's own are missing, and says which", async () => {
      endpoints.objects.delete("orders-sync");
      await assert.rejects(
        engine.prepareStart({ last }),
        /the Endpoints orders-sync,.* deploy the stack again/,
      );
      assert.equal(endpoints.objects.has("orders-sync"), false);
    });

    describe("with shared settings that are not what is wanted", () => {
      const config = () =>
        JSON.parse(endpoints.objects.get("orders-config")!["config"]!) as Record<string, any>;
      const wrong = {
        ...sharedSettings(wanted, 3),
        pause: true,
        postgresql: { parameters: { timezone: "Europe/Berln" } },
      };

      beforeEach(() => {
        endpoints.objects.set("orders-sync", { leader: "orders-2", sync_standby: "orders-1", quorum: "0" });
        endpoints.objects.set("orders-config", { config: JSON.stringify(wrong), initialize: "1" });
        endpoints.objects.set("orders", {});
      });

      it("corrects them where nobody is the primary, or it is itself, and keeps what is not its own", async () => {
        const locks: Record<string, string>[] = [{}, { leader: "orders-1", renewTime: "now" }];
        for (const lock of locks) {
          endpoints.objects.set("orders", { ...lock });
          endpoints.objects.set("orders-config", { config: JSON.stringify(wrong), initialize: "1" });
          await engine.prepareStart({ last, replicas: 3 });
          assert.deepEqual(
            config(),
            JSON.parse(JSON.stringify({ ...sharedSettings(wanted, 3), pause: true })),
          );
          assert.equal(endpoints.objects.get("orders-config")!["initialize"], "1");
        }
      });

      it("leaves them to another primary, and corrects them when that is gone and a server does not start", async () => {
        endpoints.objects.set("orders", { leader: "orders-0", renewTime: "then" });
        await engine.prepareStart({ last, replicas: 3 });
        assert.deepEqual(config(), wrong);
        status = { state: "start failed", role: "replica" };
        now = 20_000;
        await engine.probe();
        assert.deepEqual(config(), wrong, "its lock may still count");
        now = 26_000;
        await engine.probe();
        assert.equal(config()["postgresql"].parameters.timezone, undefined);
      });
    });

    it("refuses when what the election goes by is lost everywhere, or cannot be asked for", async () => {
      await assert.rejects(engine.prepareStart({ last: view(3, [0, 1, 2]) }), /recover-from=N/);
      endpoints.away = true;
      await assert.rejects(engine.prepareStart({ last }), /unreachable/);
    });
  });

  /** Patroni writes what its election goes by some time after it made a member the primary. */
  function electsAfter(looks: number): void {
    let left = looks;
    asked = () => {
      if (left-- === 0) endpoints.objects.set("orders-sync", { leader: "orders-1", quorum: "0" });
    };
  }

  it("tells of a fence with a position that was asked for after it had closed, and not before", async () => {
    fenceInFile = true;
    await fence.reconcile("for the promotion of shop/copy");
    assert.equal((await engine.probe()).fenced, undefined, "its sessions may still be there");
    now += 1_500;
    const closing: Promise<void>[] = [];
    asked = () => void closing.push(fence.reconcile("for the promotion of shop/copy"));
    assert.equal((await engine.probe()).fenced, undefined, "the position may be older");
    await Promise.all(closing);
    assert.equal((await engine.probe()).fenced, "for the promotion of shop/copy");
    status = { state: "running", role: "replica", timeline: 3, replication_state: "streaming" };
    assert.equal((await engine.probe()).fenced, undefined, "it leads no more");
  });

  it("lets nobody in before what the election goes by is there: who is stopped by then can start again", async () => {
    endpoints.objects.set("orders-sync", { leader: "orders-0" });
    await engine.probe();
    electsAfter(2);
    await engine.bootstrap({ cluster: "c", fresh: true, replicas: 1 });
    const { view: seen } = await engine.probe();
    assert.equal(seen?.election, JSON.stringify({ leader: "orders-1", quorum: "0" }));
    endpoints.objects.set("orders-sync", {});
    await engine.prepareStart({ last: seen });
    assert.equal(endpoints.objects.get("orders-sync")!["leader"], "orders-1");
  });

  it("bootstraps with the right to, after everything that speaks of an earlier cluster is void", async () => {
    endpoints.objects.set("orders", { leader: "orders-0", optime: "9" });
    endpoints.objects.set("orders-config", { initialize: "1", history: "[]" });
    endpoints.objects.set("orders-sync", { leader: "orders-0" });
    let found: unknown;
    asked = () => {
      found ??= { ...endpoints.objects.get("orders-sync") };
      endpoints.objects.set("orders-sync", { leader: "orders-1", quorum: "0" });
    };
    await engine.bootstrap({ cluster: "c", fresh: true, replicas: 3 });
    assert.deepEqual(endpoints.objects.get("orders"), {});
    assert.deepEqual(Object.keys(endpoints.objects.get("orders-config")!), ["config"]);
    assert.deepEqual(found, {});
    const { initdb } = configuration()["bootstrap"];
    assert.ok(initdb.includes("data-checksums"));
    assert.deepEqual(
      initdb.filter((one: object) => "set" in Object(one)),
      [{ set: "huge_pages=off" }],
      "it starts a server before it has any settings",
    );
    assert.equal((await engine.probe()).admitted, false);

    await engine.admit();
    assert.equal(configuration()["bootstrap"], undefined, "it could be used once more");
    assert.ok(requests.includes("POST /reload"));
    assert.equal((await engine.probe()).admitted, true);
  });

  it("bootstraps on data that is there by letting nobody else be elected", async () => {
    mkdirSync(join(folder, "volume", "data"));
    await engine.bootstrap({ cluster: "c", fresh: false, replicas: 3 });
    assert.equal(endpoints.objects.get("orders-sync")!["leader"], "orders-1");
    assert.equal(configuration()["bootstrap"], undefined);
  });

  it("bootstraps on data that was restored as on data that is there, with nobody acknowledging a commit alone", async () => {
    mkdirSync(join(folder, "volume", "data"));
    const base = join(folder, "volume", "data", "postgresql.base.conf");
    writeFileSync(base, "");
    await engine.bootstrap({ cluster: "c", fresh: true, restored: true, replicas: 3 });
    assert.ok(existsSync(base), "what was restored is kept");
    assert.equal(endpoints.objects.get("orders-sync")!["leader"], "orders-1");
    assert.equal(configuration()["bootstrap"], undefined);
    assert.match(readFileSync(base, "utf8"), /synchronous_standby_names/);
  });

  it("takes a server in Patroni's place for none that hangs", async () => {
    status = "silent";
    reply = "primary";
    plain.busy = true;
    assert.deepEqual(await engine.probe(), { process: "starting", member: "offline", role: "none" });
  });

  it("has the server keep its log only where there is a backup", async () => {
    await engine.prepareStart({}).catch(() => undefined);
    assert.equal(readFileSync(join(folder, "control", "archived"), "utf8"), "all\n");
  });

  it("hands over by Patroni's own switchover where the member leaves for good, with the members' password", async () => {
    await engine.switchover.to(0);
    assert.deepEqual(requests, ["POST /switchover"]);
  });

  it("writes a checkpoint before it stops as the primary, and stops without it if need be; its lock is given up when it has", async () => {
    await engine.prepareStop();
    assert.deepEqual([statements, waits], [[], 0]);
    await engine.probe();
    await engine.prepareStop();
    assert.deepEqual([statements, waits], [["CHECKPOINT"], 1]);
    administer = async () => Promise.reject(new Error("out of disk"));
    await engine.prepareStop();
    assert.equal(waits, 2);
  });

  it("gives way to nobody once there has been no primary for long", async () => {
    electsAfter(0);
    await engine.bootstrap({ cluster: "c", fresh: true, replicas: 3 });
    await engine.admit();
    status = { state: "running", role: "replica", timeline: 3, cluster_unlocked: true };
    const priority = () => configuration()["tags"].failover_priority;
    await engine.probe();
    now += 39_000;
    await engine.probe();
    assert.equal(priority(), priorityOf(1));
    now += 1_000;
    await engine.probe();
    assert.equal(priority(), priorityOf(0));
    status = { ...status, cluster_unlocked: false, replication_state: "streaming" };
    await engine.probe();
    assert.equal(priority(), priorityOf(1));
    assert.equal(requests.filter((one) => one === "POST /reload").length, 3);
  });

  it("prefers lower ordinals as the primary, and never tells Patroni that one may not be it", async () => {
    electsAfter(0);
    await engine.bootstrap({ cluster: "c", fresh: true, replicas: 3 });
    const own = configuration()["tags"].failover_priority;
    assert.equal(own, priorityOf(1));
    assert.ok(priorityOf(0) > own && own > priorityOf(2));
    assert.ok(priorityOf(8) > 0);
  });

  describe("has a commit wait for one other member at least, whatever Patroni has forgotten", () => {
    const file = () => join(folder, "volume", "data", "postgresql.base.conf");
    const held = () => readFileSync(file(), "utf8").includes("\nsynchronous_standby_names = '");
    const want = (durability: string) => {
      writeFileSync(join(folder, "settings.json"), JSON.stringify({ ...wanted, durability }));
    };
    const serveAs = async (role: "primary" | "replica", replicas: number, streaming: number) => {
      status = {
        state: "running",
        role,
        timeline: 3,
        replication: [...Array(streaming).keys()].map((n) => ({
          application_name: `orders-${n + 2}`,
          state: "streaming",
        })),
      };
      await engine.probe();
      // The rest of it needs a server.
      await engine.reconcile(role, replicas).catch(() => undefined);
    };
    beforeEach(() => {
      mkdirSync(join(folder, "volume", "data"));
      writeFileSync(file(), "max_connections = 100\n");
    });

    it("from its bootstrap on", async () => {
      status = "silent";
      const bootstrap = engine.bootstrap({ cluster: "c", fresh: true, replicas: 3 });
      while (existsSync(join(folder, "volume", "data"))) await sleep(20);
      mkdirSync(join(folder, "volume", "data"));
      writeFileSync(file(), "");
      status = { state: "running", role: "primary", timeline: 1 };
      electsAfter(0);
      await bootstrap;
      assert.ok(held());
      assert.deepEqual(statements, ["SELECT pg_reload_conf()"]);
    });

    it("when a single server gets replicas: as soon as one has its data", async () => {
      await serveAs("primary", 3, 0);
      assert.ok(!held());
      await serveAs("primary", 3, 1);
      assert.ok(held());
      assert.equal(readFileSync(file(), "utf8").split("\n")[0], "max_connections = 100");
      await serveAs("primary", 3, 0);
      assert.ok(held(), "alone again, it waits");
      assert.deepEqual(statements, ["SELECT pg_reload_conf()"]);
    });

    it("on a replica before it is ever promoted", async () => {
      await serveAs("replica", 3, 0);
      assert.ok(held());
    });

    it("no longer, at once, when the set has one member or prefers answers", async () => {
      await serveAs("replica", 3, 0);
      await serveAs("primary", 1, 0);
      assert.equal(readFileSync(file(), "utf8"), "max_connections = 100\n\n");
      await serveAs("replica", 3, 0);
      want("preferred");
      await serveAs("primary", 3, 0);
      assert.ok(!held());
      assert.equal(statements.length, 4, "each change is read by the server");
    });
  });

  it("has Patroni take over a changed password of replication once the primary has set it", async () => {
    await engine.prepareStart({ last: { ...view(3, [0, 1, 2], 0), election: "{}" } });
    const told = () => configuration()["postgresql"].authentication.replication.password as string;
    writeFileSync(join(folder, "credentials", "replication-password"), "another");
    holds = false;
    await engine.reconcile("replica", undefined);
    assert.equal(told(), "the replication-password");
    assert.deepEqual(requests, []);
    holds = true;
    now += 2_000;
    await engine.reconcile("replica", undefined);
    assert.equal(told(), "another");
    await engine.reconcile("replica", undefined);
    assert.deepEqual(requests, ["POST /reload"]);
  });

  it("tries again to have it read that when the call failed", async () => {
    await engine.prepareStart({ last: { ...view(3, [0, 1, 2], 0), election: "{}" } });
    writeFileSync(join(folder, "credentials", "replication-password"), "another");
    knows = "something else";
    await assert.rejects(engine.reconcile("replica", undefined), /401/);
    knows = "the rest-password";
    await engine.reconcile("replica", undefined);
    await engine.reconcile("replica", undefined);
    assert.equal(requests.length, 2);
  });

  describe("of a database that follows another one", () => {
    const follow = { host: "orders.a.example", port: 5432, slot: "copy" };
    const source = { state: "running", role: "standby_leader", timeline: 3, xlog: { replayed_location: 48 } };
    const config = () =>
      JSON.parse(endpoints.objects.get("orders-config")!["config"]!) as Record<string, any>;
    const orders = { follows: "source" as const };

    beforeEach(() => {
      writeFileSync(join(folder, "settings.json"), JSON.stringify({ ...wanted, follow }));
      status = source;
      engine.heed(orders);
    });

    it("begins as a copy of it, by its account, with no address for writes and nothing that an election goes by", async () => {
      await engine.bootstrap({ cluster: "c", fresh: true, replicas: 3, orders });
      assert.equal(config()["standby_cluster"].host, follow.host);
      assert.equal(config()["standby_cluster"].primary_slot_name, "copy");
      assert.equal(replication()["password"], "the source's password");
      assert.equal(replication()["sslmode"], "verify-ca");
      assert.match(readFileSync(replication()["sslrootcert"]!, "utf8"), /our authority/);
      assert.equal(endpoints.labels.get("orders")!["endpointslice.kubernetes.io/skip-mirror"], "true");
    });

    it("does not begin, and touches nothing, where the source cannot be asked or is of another version", async () => {
      for (const [what, said] of [
        [new Error("no such host"), /orders\.a\.example:5432 cannot be copied: no such host/],
        [{ system: "7", version: "18.1" }, /same major version/],
      ] as const) {
        found = what;
        await assert.rejects(engine.bootstrap({ cluster: "c", fresh: true, replicas: 3, orders }), said);
      }
      assert.equal(existsSync(join(folder, "control", "patroni.yml")), false);
      assert.deepEqual(endpoints.objects.get("orders-config"), {});
    });

    it("makes no account and writes nothing to it, whatever its agents find lacking", async () => {
      await engine.probe();
      await engine.reconcile("primary", 3);
      assert.deepEqual(
        statements.filter((statement) => !statement.includes("pg_reload_conf")),
        [],
      );
      assert.equal((await engine.probe()).following?.streaming, true);
      assert.equal((await engine.probe()).role, "primary", "it leads the others");
    });

    it("starts again without anything that an election goes by, but not where it cannot be known whether it follows", async () => {
      endpoints.objects.set("orders-sync", {});
      await engine.prepareStart({ replicas: 3, orders });
      assert.equal(
        config()["standby_cluster"].host,
        follow.host,
        "Patroni's settings were lost, and come back as they were",
      );
      assert.equal(replication()["password"], "the source's password");
      await assert.rejects(
        engine.prepareStart({ replicas: 3, orders: "unknown" }),
        /marker, which cannot be read/,
      );
    });

    it("when promoted is led to, and its members go over to an account of their own once that holds", async () => {
      await engine.prepareStart({ replicas: 3, orders });
      await engine.probe();
      await engine.reconcile("replica", 3);
      engine.heed({ follows: "promoted" });
      holds = false;
      now += 10_000;
      await engine.reconcile("replica", 3);
      assert.equal(replication()["password"], "the source's password");
      holds = true;
      now += 10_000;
      await engine.reconcile("replica", 3);
      assert.equal(replication()["password"], "the replication-password");
      const { keys } = { keys: new PatroniKeys(endpoints.client, "shop", "orders", patroniLabels("orders")) };
      await keys.lead(false);
      await keys.lead(true);
      assert.deepEqual(endpoints.labels.get("orders"), {});
    });
  });
});
