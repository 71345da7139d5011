import * as assert from "node:assert/strict";
import { Absences } from "../../../../agent/core/absences";
import { Actions } from "../../../../agent/core/actions";
import { Agent } from "../../../../agent/core/agent";
import type { StartContext } from "../../../../agent/core/engine";
import { Member } from "../../../../agent/core/member";
import { type Notice, Notices } from "../../../../agent/core/notices";
import { Peers } from "../../../../agent/core/peers";
import { Publisher } from "../../../../agent/core/publish";
import { Tally } from "../../../../agent/core/tally";
import type { Ordinal, Report } from "../../../../agent/core/types";
import { VoidedChoice } from "../../../../agent/core/voided";
import { Accounts } from "../../../../agent/mongodb/accounts";
import { accepted, type Commands } from "../../../../agent/mongodb/connection";
import { MongoDbEngine } from "../../../../agent/mongodb/engine";
import { FormerSessions } from "../../../../agent/mongodb/former-sessions";
import { MemberKeys } from "../../../../agent/mongodb/member-keys";
import { type SimulatedServer, ServerNetwork } from "../../../fakes/mongodb/network";
import type { Environment } from "../../../fakes/mongodb/state";
import type { Doc } from "../../../fakes/mongodb/store";
import { randomOf, VirtualTime } from "../election/time";
import { MemoryRecord } from "../fake";
import { FakeApi, FakeNetwork, unreachable } from "../fake-api";
import { timings } from "../fixtures";
import { Pod } from "./pod";

/** Between two rounds of an agent, ms. */
const ROUND = 500;

/** What the Secret holds. */
const SECRET: Record<string, string> = {
  owner: "app",
  username: "app_a",
  password: "p",
  database: "app",
  "root-password": "r",
};

/** How one member is left to itself, for trying what that costs. */
export interface Rules {
  /** Who has lost its disk comes back only when a primary does not count it any more. */
  waitsUncounted?: boolean;
}

/** Real agents around servers that keep MongoDB's rules, on a network and an API server that fail. */
export class World {
  readonly time = new VirtualTime();
  readonly random: () => number;
  readonly servers: ServerNetwork;
  readonly pods: Pod[];
  readonly agents: Agent[] = [];
  readonly network = new FakeNetwork();
  readonly api = new FakeApi(this.network);
  /** Writes that a client was told a majority has. */
  readonly acknowledged = new Set<number>();
  readonly said: string[] = [];
  /** How many the set is to have. */
  replicas: number;
  holdsFeatures = false;
  /** How many sets there may be on all disks. */
  sets = 1;
  /** Whether names lead to pods. */
  named = true;
  private readonly noticesOf: Notices[] = [];
  private writes = 0;
  private lost = "";

  constructor(
    readonly size: number,
    seed: number,
    private readonly rules: Rules = {},
    options: Partial<Environment> = {},
  ) {
    this.random = randomOf(seed);
    this.replicas = size;
    this.servers = new ServerNetwork(size, this.time, this.random, { copyTime: 400, ...options });
    this.pods = this.servers.servers.map((server) => new Pod(server));
    this.heal();
    for (const ordinal of this.pods.keys()) this.startAgent(ordinal);
    this.supervise();
    this.write();
  }

  pod(ordinal: Ordinal): Pod {
    const pod = this.pods[ordinal];
    assert.ok(pod);
    return pod;
  }

  /** A new process of an agent: it remembers nothing but what is on the disk. */
  startAgent(ordinal: Ordinal): void {
    const pod = this.pod(ordinal);
    const generation = ++pod.generation;
    const { api, network } = this;
    const clock = (): number => this.time.now;
    const notices = (this.noticesOf[ordinal] = new Notices());
    const engine = this.engineOf(ordinal, notices);
    const member = new Member("ns/db", ordinal, `10.0.0.${ordinal}`, engine, pod, pod.record);
    const peer = (other: Ordinal): { ordinal: Ordinal; host: string } => ({
      ordinal: other,
      host: `m-${other}`,
    });
    const markers = api.markersFor(ordinal);
    const voided = new VoidedChoice(notices, () => undefined, clock);
    const agent = new Agent({
      member,
      actions: new Actions(
        member,
        markers,
        peer,
        () => "c",
        async () => api.publishedEpoch(),
        () => undefined,
      ),
      peers: new Peers(
        "ns/db",
        async (address) => {
          const other = Number(/\d+$/.exec(address)?.[0]);
          const report = this.agents[other]?.report;
          if (!report || !network.reaches(ordinal, other)) throw unreachable;
          return structuredClone(report);
        },
        async (other) => `10.0.0.${other.ordinal}`,
        clock,
      ),
      others: (replicas) => [...Array(replicas).keys()].filter((other) => other !== ordinal).map(peer),
      markers,
      publisher: new Publisher({
        directory: api.directoryFor(ordinal),
        markers,
        stillPrimary: async () => (await engine.probe()).role === "primary",
        clock,
        topology: engine.topology,
        volumeLimits: engine.limits.volume,
        notices,
        voided: (choice) => {
          voided.say(choice);
        },
      }),
      absences: new Absences(async (other) => api.isAbsent(ordinal, other), clock),
      voided,
      notices,
      hasPod: async () => true,
      stopPatience: 0,
      replicas: async () => {
        if (!network.api.has(ordinal)) throw unreachable;
        return this.replicas;
      },
      timings,
      tally: new Tally(),
      log: (_, what, details = {}) => {
        this.said.push(`${Math.round(this.time.now)} ${ordinal}: ${what} ${JSON.stringify(details)}`);
      },
      clock,
      pause: async (duration) => this.time.sleep(duration),
    });
    this.agents[ordinal] = agent;
    const again = (): void => {
      this.time.after(ROUND * (0.7 + this.random() * 0.6), () => {
        if (pod.generation !== generation) return;
        void agent.tick().then(again, again);
      });
    };
    again();
  }

  private engineOf(ordinal: Ordinal, notices: Notices): MongoDbEngine {
    const pod = this.pod(ordinal);
    const server: Commands & { close(): void } = {
      run: async (command) => accepted(await pod.server.ask(command)),
      close: () => undefined,
    };
    const credentials = {
      read: async (key: string): Promise<string> => SECRET[key] ?? "",
      find: async (key: string): Promise<string | undefined> => SECRET[key],
    };
    const engine = new MongoDbEngine({
      self: { ordinal, host: `m-${ordinal}`, address: `10.0.0.${ordinal}` },
      setName: "rs",
      server,
      ask: async (member, command) =>
        accepted(await this.servers.send(ordinal, `m-${member.ordinal}:27017`, command, 5_000)),
      host: (other) => `m-${other}:27017`,
      supervisor: pod,
      startFiles: {
        write: async (keys) => {
          pod.server.keys = [...keys];
        },
        writeCertificates: async () => false,
      },
      rollbacks: { notice: async () => undefined },
      keys: new MemberKeys({
        self: ordinal,
        kept: {
          read: async () => pod.keys,
          write: async (text) => {
            pod.keys = text;
          },
        },
        // As the kubelet brings it.
        secret: { values: async () => [pod.secret] },
        members: () => this.told(ordinal),
        read: async () => pod.server.keys,
        clock: () => this.time.now,
      }),
      accounts: new Accounts(server, credentials, async () => true),
      formerSessions: new FormerSessions(server, credentials),
      letsIn: async () => true,
      credentials: { hide: async (text) => text },
      certificate: { check: async () => undefined, reconcile: async () => undefined },
      notices,
      resolve: async () => (this.named ? [`10.0.0.${ordinal}`] : []),
      wantedSettings: async () => undefined,
      holdsFeatures: async () => this.holdsFeatures,
      members: () => this.told(ordinal),
      log: (_, what, details = {}) => {
        this.said.push(`${Math.round(this.time.now)} ${ordinal}: ${what} ${JSON.stringify(details)}`);
      },
      clock: () => this.time.now,
      pause: async (duration) => this.time.sleep(duration),
    });
    if (this.rules.waitsUncounted !== false) return engine;
    const off = (): undefined => undefined;
    const prepareStart = engine.prepareStart.bind(engine);
    const rules = { ...engine.policy.rules, waitForSet: off, waitForRemoval: off };
    return Object.assign(engine, {
      prepareStart: async (context: StartContext) => prepareStart({ ...context, begins: false }),
      policy: { ...engine.policy, rules },
    });
  }

  notices(ordinal: Ordinal): Notice[] {
    return this.noticesOf[ordinal]?.list() ?? [];
  }

  /** What members tell one. */
  private told(ordinal: Ordinal): Report[] {
    return this.agents.flatMap((agent, other) =>
      this.network.reaches(ordinal, other) ? (agent.report ?? []) : [],
    );
  }

  private supervise(): void {
    for (const pod of this.pods) pod.supervise();
    this.time.after(200, () => {
      this.supervise();
    });
  }

  /** Every server that takes writes, and lets the application in, is written to, all the time. */
  private write(): void {
    for (const server of this.servers.primaries) {
      if (server.server?.users.find("admin", SECRET["username"] ?? "") === undefined) continue;
      const id = ++this.writes;
      const command = {
        insert: "rows",
        $db: "app",
        documents: [{ _id: id }],
        writeConcern: { w: "majority" },
      };
      void server
        .ask(command)
        .then((answer) => {
          if (answer["ok"] === 1 && !answer["writeConcernError"]) this.acknowledged.add(id);
        })
        .catch(() => undefined);
    }
    this.time.after(300, () => {
      this.write();
    });
  }

  has(server: SimulatedServer, id: number): boolean {
    return server.disk.store.collection("app.rows").has(JSON.stringify({ id: { $numberInt: `${id}` } }));
  }

  /** What must hold at every moment. */
  check(): void {
    assert.equal(this.lost, "");
    assert.deepEqual(this.servers.fatal, []);
    for (const [term, hosts] of this.servers.elected)
      assert.ok(hosts.size <= 1 || term <= 1, `two primaries of term ${term}: ${[...hosts].join(", ")}`);
    const sets = new Set(
      this.servers.servers.flatMap(
        ({ disk }) => (disk.kept.config?.settings["replicaSetId"] as string | undefined) ?? [],
      ),
    );
    assert.ok(sets.size <= this.sets, `two sets were begun: ${[...sets].join(", ")}`);
  }

  primary(): SimulatedServer | undefined {
    const { primaries } = this.servers;
    return primaries.length === 1 ? primaries[0] : undefined;
  }

  /** All members serve, in one set of them all. */
  converged(): boolean {
    const wanted = this.agents.slice(0, this.replicas);
    const config = this.primary()?.disk.kept.config;
    const voters = config?.members.filter(({ newlyAdded }) => newlyAdded !== true) ?? [];
    return (
      wanted.every((agent) => agent.isReady()) &&
      voters.length === this.replicas &&
      config?.members.length === this.replicas &&
      this.api.stored?.marker.phase === "running"
    );
  }

  /** @returns how long that took, ms */
  async converge(limit = 300_000): Promise<number> {
    const start = this.time.now;
    while (this.time.now - start < limit) {
      await this.pass(500);
      if (this.converged()) return this.time.now - start;
    }
    const states = this.servers.servers.map((server) => server.replica?.state.state ?? "DOWN");
    assert.fail(
      `not one set again: ${states.join(" ")}: ${this.agents.map((agent) => agent.summary).join(" | ")}\n${this.said.slice(-20).join("\n")}`,
    );
  }

  async pass(duration: number): Promise<void> {
    for (let passed = 0; passed < duration; passed += 250) {
      await this.time.pass(250);
      this.check();
    }
  }

  async until(what: string, holds: () => boolean, limit = 60_000): Promise<number> {
    const start = this.time.now;
    while (!holds()) {
      assert.ok(this.time.now - start < limit, `never: ${what}\n${this.said.slice(-20).join("\n")}`);
      await this.pass(250);
    }
    return this.time.now - start;
  }

  /** Nothing that was acknowledged is missing on the primary. */
  async verify(): Promise<void> {
    await this.until("a primary", () => this.primary() !== undefined);
    const primary = this.primary();
    const missing = [...this.acknowledged].filter((id) => primary && !this.has(primary, id));
    assert.deepEqual(missing, [], "acknowledged writes are lost");
    assert.ok(this.api.created <= 1, "begun more than once");
  }

  /** A write that a majority has acknowledged. */
  async acknowledge(): Promise<void> {
    const before = this.acknowledged.size;
    await this.until("a write is acknowledged", () => this.acknowledged.size > before);
  }

  killPod(ordinal: Ordinal): void {
    const pod = this.pod(ordinal);
    pod.server.crash();
    pod.order_ = "hold";
    pod.stopping = false;
    this.startAgent(ordinal);
  }

  /** Its server ends whenever somebody starts it. */
  keepDown(ordinal: Ordinal, duration: number): void {
    const pod = this.pod(ordinal);
    pod.order_ = "hold";
    pod.server.crash();
    if (duration > 0)
      this.time.after(100, () => {
        this.keepDown(ordinal, duration - 100);
      });
  }

  loseDisk(ordinal: Ordinal): void {
    const pod = this.pod(ordinal);
    pod.server.loseDisk();
    pod.directory = false;
    pod.keys = undefined;
    pod.record = new MemoryRecord(async () => undefined);
    this.killPod(ordinal);
  }

  /** The pod goes in good order and comes back. */
  async restartPod(ordinal: Ordinal): Promise<void> {
    await this.stopPod(ordinal);
    this.killPod(ordinal);
  }

  async stopPod(ordinal: Ordinal): Promise<void> {
    const stop = { done: false };
    void this.agents[ordinal]
      ?.prepareStop()
      .catch(() => undefined)
      .finally(() => (stop.done = true));
    for (let waited = 0; !stop.done && waited < 125_000; waited += 250) await this.pass(250);
    this.pod(ordinal).server.crash();
  }

  /** Cut off from all others: its agent, its server, or both. */
  isolate(ordinal: Ordinal, which: "agents" | "servers" | "both" = "both"): void {
    const others = [...this.pods.keys()].filter((other) => other !== ordinal);
    if (which !== "servers") this.network.parts = [[ordinal], others];
    if (which !== "agents") this.servers.isolate(ordinal);
  }

  heal(): void {
    const all = [...this.pods.keys()];
    this.network.parts = [all];
    this.network.api = new Set(all);
    this.servers.heal();
  }

  async randomFault(): Promise<void> {
    const victim = Math.floor(this.random() * this.size);
    const choice = this.random();
    if (choice < 0.2) this.pod(victim).server.crash();
    else if (choice < 0.35) this.killPod(victim);
    else if (choice < 0.5) await this.restartPod(victim);
    else if (choice < 0.58) this.startAgent(victim);
    else if (choice < 0.66) this.isolate(victim);
    else if (choice < 0.7) this.isolate(victim, "servers");
    else if (choice < 0.74) this.isolate(victim, "agents");
    else if (choice < 0.78) this.network.api.delete(victim);
    else if (choice < 0.81) this.network.api.clear();
    else if (choice < 0.85) for (const ordinal of this.pods.keys()) this.killPod(ordinal);
    else if (choice < 0.9 && this.converged()) this.loseDisk(victim);
    else this.heal();
  }

  async ask(ordinal: Ordinal, command: Doc): Promise<Doc> {
    return await this.pod(ordinal).server.ask(command);
  }
}
