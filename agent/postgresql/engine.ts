import { postgresqlTopology } from "../../components/postgresql/topology";
import type { WantedSettings } from "../../components/postgresql/protocol";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, monotonic, Since, within } from "../core/clock";
import type { Credentials } from "../core/credentials";
import type { BootstrapPlan, Engine, Reached, ServerStatus, StartContext, Switchover } from "../core/engine";
import type { Limits } from "../core/limits";
import { isNotThere, messageOf } from "../core/log";
import type { Notice, Notices } from "../core/notices";
import { readIfThere, writeWhole } from "../core/record";
import { Said } from "../core/said";
import type { Supervisor } from "../core/supervisor";
import type { Certificate } from "../core/tls";
import type { MemberState, Ordinal, Refusal, Role } from "../core/types";
import { Accounts } from "./accounts";
import type { WalArchive } from "./archive";
import type { PostgreSqlCopies } from "./copies";
import type { PlainServer } from "./plain-server";
import { PostgreSqlReplay } from "./replay";
import type { CommitFloor } from "./commit-floor";
import { Delivery } from "./delivery";
import type { FormerSessions } from "./former-sessions";
import type { Hangs } from "./hangs";
import { type ServerSettings, settingsTrouble } from "./in-force";
import type { KeptLog } from "./kept-log";
import type { PatroniKeys } from "./keys";
import { lagOf } from "./lag";
import type { OwnPasswords } from "./member-passwords";
import { patroniPolicy } from "./policy";
import { canCatchUp, isPosition } from "./position";
import { refusalFrom } from "./refusal";
import { versionNotice } from "./patroni-version";
import type { PatroniApi } from "./rest";
import type { RestIdentity } from "./rest-identity";
import { HIGHEST_PRIORITY, memberSettings, patroniLabels, priorityOf, sharedSettings } from "./settings";
import { settingsChange } from "./settings-change";
import { statusFrom, type PatroniStatus } from "./status";

/** How long bootstrapping may take, ms: making a data directory on a slow disk, or recovering one. */
const FOUND_WITHIN = 600_000;

/** For how long what the election goes by is taken for the present, ms. */
const ELECTION_FRESH = 5_000;

/** How long there may be no primary until no member is preferred any more, ms: twice as long as a lost lock takes. */
const LEADERLESS_FOR = 40_000;

/** How long a checkpoint before a stop may take, ms. */
const CHECKPOINT_WITHIN = 10_000;

/** Between two looks at what is in force, ms. */
const COMPARE_EVERY = 10_000;

/** Somebody has told Patroni to leave everything as it is, and may have forgotten it. */
const PAUSED: Notice = {
  severity: "problem",
  text: "Patroni is paused: nobody takes over from a lost primary",
  advice: "patronictl resume, in the container of the server",
};

/** What a PostgreSQL member is made of. */
export interface PostgreSqlParts {
  self: Reached;
  database: string;
  namespace: string;
  volume: string;
  supervisor: Supervisor;
  credentials: Credentials;
  passwords: OwnPasswords;
  formerSessions: FormerSessions;
  notices: Notices;
  certificate: Certificate;
  /** Where that is mounted, for the server as for the agent. */
  certificates: string;
  keys: PatroniKeys;
  api: PatroniApi;
  /** By which it is known there. */
  identity: RestIdentity;
  hangs: Hangs;
  log: KeptLog;
  archive: WalArchive;
  /** In Patroni's place, while data is copied or restored that is nobody's yet. */
  plain: PlainServer;
  copies: PostgreSqlCopies;
  /** Whether the database has a backup. */
  backedUp: () => Promise<boolean>;
  floor: CommitFloor;
  clock: Clock;
  /** What the server says of its settings. */
  inForce: () => Promise<ServerSettings>;
  /** Runs a statement as the server's administrator. */
  administer: (sql: string) => Promise<unknown>;
  /** The file with what the component asks for, as it is now. */
  wantedFile: string;
}

/** A primary's clients wait for as long where its volume hangs; a disk whose queue is full takes seconds. */
const LIMITS: Limits = {
  switchover: 15_000,
  stop: 15_000,
  leave: 5_000,
  volume: { hung: 8_000, doubtful: 3_000 },
};

/** PostgreSQL under Patroni, which elects, copies, rewinds and writes the primary's address. */
export class PostgreSqlEngine implements Engine {
  readonly policy = patroniPolicy;
  readonly topology = postgresqlTopology({});
  readonly limits = LIMITS;
  /** Patroni writes the primary's address and each pod's role. */
  readonly restartedBy = "engine";
  readonly logs = { canCatchUp };
  readonly lag = lagOf;
  readonly switchover: Switchover = { to: async (target) => this.switchOver(target) };
  readonly isPosition = isPosition;
  readonly archive: WalArchive;
  readonly copies: PostgreSqlCopies;
  readonly replay: PostgreSqlReplay;
  private readonly api: PatroniApi;
  private readonly accounts: Accounts;
  /** What the election goes by, as last read. */
  private election: { at: number; key: string; value?: string } = { at: -Infinity, key: "" };
  /** Identity of the data directory, as last seen. */
  private directory: string | undefined;
  /** When the server was started, as last seen. */
  private startedAt: string | undefined;
  /** Whether Patroni's own file gives it the right to bootstrap. */
  private mayBootstrap = true;
  /** As last seen. */
  private role: Role = "none";
  /** How many others stream from this member, as last seen. */
  private streaming = 0;
  private readonly leaderless: Since;
  /** Whether this member gives way to none, so that one that cannot take the lock does not keep it from all. */
  private equal = false;
  /** The size of the set, as last known. */
  private replicas: number | undefined;
  private readonly delivery: Delivery;
  private readonly said: Said;
  private comparedAt = -Infinity;
  /** Whether Patroni has not been told of changed passwords yet. */
  private mustReload = false;

  constructor(private readonly parts: PostgreSqlParts) {
    this.api = parts.api;
    this.archive = parts.archive;
    this.copies = parts.copies;
    this.replay = new PostgreSqlReplay(parts.plain);
    this.accounts = new Accounts(parts.credentials, parts.notices, parts.clock);
    this.leaderless = new Since(parts.clock);
    const { keys, database, self, clock } = parts;
    this.delivery = new Delivery(keys, `${database}-${self.ordinal}`, clock);
    this.said = new Said(parts.notices, "settings");
  }

  async probe(): Promise<ServerStatus> {
    if (this.parts.plain.busy) return { process: "starting", member: "offline", role: "none" };
    let own: PatroniStatus;
    await this.refreshIdentity();
    try {
      own = (await this.api.read("/patroni")) as PatroniStatus;
    } catch (error) {
      await this.deliver();
      const hung = await this.parts.hangs.whenSilent();
      const detail = isNotThere(error) ? {} : { detail: `Patroni does not answer: ${messageOf(error)}` };
      return { process: "starting", member: "offline", role: "none", ...detail, ...(hung ? { hung } : {}) };
    }
    this.directory = own.database_system_identifier;
    if (this.startedAt !== own.postmaster_start_time) this.parts.certificate.forgetServer();
    this.startedAt = own.postmaster_start_time;
    this.parts.notices.set("patroni", versionNotice(own.patroni?.version));
    this.parts.notices.set("pause", own.pause === true ? PAUSED : undefined);
    if (this.api.isBehind) await this.reload().catch(() => undefined);
    await this.learnElection(own);
    const keptFrom = own.role === "primary" ? await this.parts.log.from() : undefined;
    const status = statusFrom(this.parts.self.ordinal, own, this.election.value, keptFrom);
    this.role = status.role;
    this.streaming = (status.view?.online.length ?? 1) - 1;
    await this.adjustPriority(status.member);
    if (["offline", "failed", "blocked"].includes(status.member)) await this.deliver();
    const hung = own.state === "running" ? await this.parts.hangs.whenRunning(status.role) : undefined;
    return { ...status, admitted: !this.mayBootstrap, ...(hung ? { hung } : {}) };
  }

  async prepareStart({ last, replicas }: StartContext): Promise<void> {
    const settings = sharedSettings(await this.wanted(), replicas ?? last?.members.length ?? 1);
    this.replicas = replicas;
    await this.archive.keep(await this.parts.backedUp());
    await this.parts.certificate.check();
    const sound = await this.parts.keys.restore(settings, last?.election);
    if (!sound) {
      throw new Error(
        "what Patroni's election goes by is lost, and no copy of it is known: choose the member with the newest " +
          "data by the marker's annotation stateful/recover-from=N",
      );
    }
    await this.parts.passwords.renew();
    if (replicas !== undefined) await this.delivery.deliver(settings);
    await this.writeSettings();
  }

  /** The lock tells of a primary that no other member can reach. */
  async checkBootstrap(): Promise<void> {
    const { keys, database, self } = this.parts;
    await keys.checkLock(`${database}-${self.ordinal}`);
  }

  async bootstrap(plan: BootstrapPlan): Promise<void> {
    const { supervisor, keys, self, database, certificate } = this.parts;
    const { replicas = 1 } = plan;
    const empty = plan.fresh && plan.restored !== true;
    const name = `${database}-${self.ordinal}`;
    const wanted = await this.wanted();
    await certificate.check();
    await this.archive.keep(await this.parts.backedUp());
    await this.parts.plain.end();
    await supervisor.halt();
    if (empty) await supervisor.discard();
    const settings = sharedSettings(wanted, replicas);
    await this.parts.passwords.renew();
    await keys.begin(settings, empty ? undefined : name);
    await this.writeSettings(empty ? settings : undefined);
    await supervisor.order("init");
    const end = monotonic() + FOUND_WITHIN;
    while ((await this.probe()).role !== "primary") {
      if (monotonic() > end) throw new Error("Patroni did not make this member the primary");
      await new Promise((resolve) => setTimeout(resolve, 500));
      const leader = await keys.leader().catch(() => undefined);
      if (leader !== undefined && leader !== name) throw new Error(`${leader} is the primary`);
    }
    // Before anybody can log in. On data that was there, it is as it was; the operator gave up those that it would wait for.
    if (plan.fresh) await this.setFloor(neverAlone(wanted, replicas));
    else if (plan.alone === true) await this.setFloor(false);
  }

  private async switchOver(target: Ordinal): Promise<void> {
    const { database, self } = this.parts;
    const body = { leader: `${database}-${self.ordinal}`, candidate: `${database}-${target}` };
    await this.api.change("POST", "/switchover", body, 30_000);
  }

  /**
   * Patroni leaves when it is stopped: once a replica has all of the log, the lock is free, and goes by priority. Its own
   * switchover would take two seconds longer, for which it has the members sleep that it is not for. The checkpoint, for
   * which clients would wait while the server ends, is made before.
   */
  async prepareStop(): Promise<void> {
    if (this.role !== "primary") return;
    await within(CHECKPOINT_WITHIN, this.parts.administer("CHECKPOINT")).catch(() => undefined);
  }

  /** Killed and silent, it would still have the lock until that runs out. */
  async abandon(end: () => Promise<void>): Promise<void> {
    const { keys, self, database } = this.parts;
    await end();
    await keys.release(`${database}-${self.ordinal}`);
  }

  async explain(log: string): Promise<Refusal | undefined> {
    return refusalFrom(await this.parts.credentials.hide(log));
  }

  /** Takes the right to bootstrap away, which a running Patroni would use again if its disk were emptied. */
  async admit(): Promise<void> {
    await this.writeSettings();
    await this.reload();
  }

  async reconcile(role: Role, replicas: number | undefined): Promise<void> {
    try {
      this.replicas = replicas;
      await this.compareSettings();
      if (replicas !== undefined) await this.reconcileFloor(role, replicas);
      // Before what needs Patroni's consent.
      await this.reconcilePasswords();
      if (role === "primary") await this.reconcilePrimary(replicas);
      await this.parts.formerSessions.reconcile();
    } finally {
      // Neither waits for the other to be in order.
      await this.parts.certificate.reconcile(() => this.parts.administer("SELECT pg_reload_conf()"));
    }
  }

  /** While nobody leads who would do it. An API server that is away is no reason for not looking at the server. */
  private async deliver(): Promise<void> {
    const settings = async (): Promise<object | undefined> =>
      this.replicas === undefined ? undefined : sharedSettings(await this.wanted(), this.replicas);
    await this.delivery.deliverNowAndThen(settings).catch(() => false);
  }

  /** Says what is in force otherwise than it was asked for. A server that cannot be asked just now is asked again. */
  private async compareSettings(): Promise<void> {
    const { clock, database, namespace, supervisor, credentials, inForce } = this.parts;
    if (clock() - this.comparedAt < COMPARE_EVERY) return;
    this.comparedAt = clock();
    const { parameters } = await this.wanted();
    const found = await inForce().catch(() => undefined);
    if (found === undefined) return;
    const restart = `kubectl -n ${namespace} rollout restart statefulset/${database}`;
    const log = await credentials.hide(await supervisor.log());
    this.said.say(settingsTrouble(parameters, found, restart, log));
  }

  private async reconcilePrimary(replicas: number | undefined): Promise<void> {
    const wanted = await this.wanted();
    if (replicas !== undefined) {
      const change = settingsChange(await this.api.read("/config"), sharedSettings(wanted, replicas));
      if (change !== undefined) await this.api.change("PATCH", "/config", change);
    }
    await this.reconcileAccounts(wanted);
  }

  private async reconcileAccounts({ extensions, pooler }: WantedSettings): Promise<void> {
    try {
      await this.accounts.reconcile(extensions, pooler !== undefined, this.directory);
      this.parts.notices.set("accounts", undefined);
    } catch (error) {
      this.parts.notices.set("accounts", {
        severity: "problem",
        text: `accounts are not as the Secret says: ${messageOf(error)}`,
      });
      throw error;
    }
  }

  /** Has Patroni take over changed passwords, by a call that the one before still authenticates. */
  private async reconcilePasswords(): Promise<void> {
    if (await this.parts.passwords.reconcile()) this.mustReload = true;
    if (!this.mustReload) return;
    await this.writeSettings();
    await this.reload();
    this.mustReload = false;
  }

  /** A server that was alone until now goes on until another one has its data: a copy may take hours. */
  private async reconcileFloor(role: Role, replicas: number): Promise<void> {
    const wanted = neverAlone(await this.wanted(), replicas);
    const first = wanted && role === "primary" && !(await this.parts.floor.isSet());
    if (first && this.streaming === 0) return;
    await this.setFloor(wanted);
  }

  private async setFloor(wanted: boolean): Promise<void> {
    if (await this.parts.floor.set(wanted)) await this.parts.administer("SELECT pg_reload_conf()");
  }

  /** A preferred member that answers but cannot take the lock would be waited for without end. */
  private async adjustPriority(member: MemberState): Promise<void> {
    const equal = this.leaderless.measure(member === "blocked") >= LEADERLESS_FOR;
    if (equal === this.equal || this.mayBootstrap) return;
    this.equal = equal;
    try {
      await this.writeSettings();
      await this.reload();
    } catch {
      this.equal = !equal;
    }
  }

  /** Patroni reads its files again, its certificate too. */
  private async reload(): Promise<void> {
    await this.api.change("POST", "/reload", {});
  }

  /** What it goes on with while the Secret cannot be read is what it has. Patroni's settings hold the same password. */
  private async refreshIdentity(): Promise<void> {
    const changed = await this.parts.identity.refresh().catch(() => false);
    if (changed && !this.mayBootstrap) await this.writeSettings().catch(() => undefined);
  }

  /** Reads what the election goes by: at once when the primary's replicas change, else now and then. */
  private async learnElection(own: PatroniStatus): Promise<void> {
    if (own.role !== "primary") return;
    const replicas = own.replication?.map(({ application_name: name, sync_state: sync }) => [name, sync]);
    const key = JSON.stringify([own.timeline, replicas]);
    if (key === this.election.key && performance.now() - this.election.at < ELECTION_FRESH) return;
    try {
      const value = await this.parts.keys.election();
      this.election = { at: performance.now(), key, ...(value === undefined ? {} : { value }) };
    } catch {
      // The API server is away: what was read last holds on.
    }
  }

  private async wanted(): Promise<WantedSettings> {
    return JSON.parse(await readFile(this.parts.wantedFile, "utf8")) as WantedSettings;
  }

  private async writeSettings(bootstrap?: object): Promise<void> {
    const { self, database, namespace, volume, supervisor, passwords } = this.parts;
    const wanted = await this.wanted();
    await this.parts.identity.refresh();
    const text = memberSettings({
      database,
      namespace,
      pod: { name: `${database}-${self.ordinal}`, address: self.address },
      volume,
      control: supervisor.control,
      binaries: wanted.binaries,
      certificates: this.parts.certificates,
      verifyMembers: wanted.verifyMembers,
      rest: this.parts.identity.paths,
      labels: patroniLabels(database),
      priority: this.equal ? HIGHEST_PRIORITY : priorityOf(self.ordinal),
      passwords: await passwords.current(),
      ...(bootstrap ? { bootstrap } : {}),
    });
    const path = join(supervisor.control, "patroni.yml");
    await passwords.keepFormer(text);
    if ((await readIfThere(path)) !== text) await writeWhole(path, text);
    this.mayBootstrap = bootstrap !== undefined;
  }
}

/** Whether no commit may be acknowledged by one member alone. */
function neverAlone({ durability }: WantedSettings, replicas: number): boolean {
  return durability !== "preferred" && replicas > 1;
}
