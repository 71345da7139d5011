import { postgresqlTopology } from "../../components/postgresql/topology";
import type { WantedSettings } from "../../components/postgresql/protocol";
import { RECOVER_FROM } from "../../components/protocol/annotations";
import { readFile } from "node:fs/promises";
import { sayingOfAccounts } from "../core/account-notice";
import { within } from "../core/clock";
import { ComparedSettings } from "../core/compared-settings";
import type { Credentials } from "../core/credentials";
import type { BootstrapPlan, Engine, Follow, ServerStatus, StartContext, Switchover } from "../core/engine";
import type { ExporterLogin } from "../core/exporter";
import type { Limits } from "../core/limits";
import { isNotThere, messageOf } from "../core/log";
import type { Notice, Notices } from "../core/notices";
import type { Statements } from "../core/slow-queries";
import type { Certificate } from "../core/tls";
import type { Ordinal, Orders, Refusal, Role } from "../core/types";
import { Accounts } from "./accounts";
import { runInitial } from "./initial";
import type { WalArchive } from "./archive";
import type { PostgreSqlCopies } from "./copies";
import type { PlainServer } from "./plain-server";
import { PostgreSqlReplay } from "./replay";
import type { CommitFloor } from "./commit-floor";
import { Delivery } from "./delivery";
import type { Detachment } from "./detachment";
import { checkSource, Copying, copyingNotice } from "./copy-of-source";
import { CopyStanding } from "./copy-standing";
import { ElectionCopy } from "./election-copy";
import type { Fence } from "./fence";
import type { Following } from "./following";
import type { FormerSessions } from "./former-sessions";
import type { Hangs } from "./hangs";
import { type ServerSettings, settingsTrouble } from "./in-force";
import type { KeptLog } from "./kept-log";
import type { PatroniKeys } from "./keys";
import type { LockRelease } from "./lock-release";
import { lagOf } from "./lag";
import { patroniPolicy } from "./policy";
import { canCatchUp, isPosition } from "./position";
import { refusalFrom } from "./refusal";
import { PatroniFile, type PatroniFileParts } from "./patroni-file";
import { untilLeading } from "./until-leading";
import { PAUSED, versionNotice } from "./patroni-version";
import type { PatroniApi } from "./rest";
import { sharedSettings } from "./settings";
import { settingsChange } from "./settings-change";
import { asAdministrator, canLogIn } from "./sql";
import { STANDBY_LEADER, statusFrom, type PatroniStatus } from "./status";
import { Users } from "./users";

/** How long a checkpoint before a stop may take, ms. */
const CHECKPOINT_WITHIN = 10_000;

/** What a PostgreSQL member is made of. */
export interface PostgreSqlParts extends PatroniFileParts {
  credentials: Credentials;
  following: Following;
  fence: Fence;
  formerSessions: FormerSessions;
  exporter: ExporterLogin;
  notices: Notices;
  certificate: Certificate;
  keys: PatroniKeys;
  lockRelease: LockRelease;
  detachment: Detachment;
  hangs: Hangs;
  log: KeptLog;
  archive: WalArchive;
  /** In Patroni's place, while data is copied or restored that is nobody's yet. */
  plain: PlainServer;
  copies: PostgreSqlCopies;
  /** Whether the database has a backup. */
  backedUp: () => Promise<boolean>;
  floor: CommitFloor;
  /** What the server says of its settings. */
  inForce: () => Promise<ServerSettings>;
  /** Which statements are slow. */
  statements: Statements;
  /** Runs a statement as the server's administrator. */
  administer: (sql: string) => Promise<unknown>;
  /** The file with what the component asks for, as it is now. */
  wantedFile: string;
}

/** How long a start waits for the primary to renew its lock, ms: it does so every two seconds. */
const TRUSTED_WITHIN = 4_000;

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
  readonly follow: Follow = { wanted: async () => (await this.wanted()).follow !== undefined };
  readonly letsIn: Required<Engine>["letsIn"] = async (login) =>
    this.asCopy.tries() ? canLogIn(login) : false;
  readonly archive: WalArchive;
  readonly copies: PostgreSqlCopies;
  readonly replay: PostgreSqlReplay;
  readonly statements: Statements;
  readonly exporter: ExporterLogin;
  private readonly api: PatroniApi;
  private readonly accounts: Accounts;
  private readonly users: Users;
  private readonly file: PatroniFile;
  private readonly election: ElectionCopy;
  /** Identity of the data directory, as last seen. */
  private directory: string | undefined;
  /** When the server was started, as last seen. */
  private startedAt: string | undefined;
  /** As last seen. */
  private role: Role = "none";
  /** How many others stream from this member, as last seen. */
  private streaming = 0;
  /** The size of the set, as last known. */
  private replicas: number | undefined;
  private readonly asCopy: CopyStanding;
  private readonly delivery: Delivery;
  private readonly settings: ComparedSettings<Record<string, string>, ServerSettings>;

  readonly accompany = async (hurry: () => void): Promise<never> => this.parts.detachment.run(hurry);

  constructor(private readonly parts: PostgreSqlParts) {
    this.api = parts.api;
    this.archive = parts.archive;
    this.copies = parts.copies;
    this.statements = parts.statements;
    this.exporter = parts.exporter;
    this.replay = new PostgreSqlReplay(parts.plain);
    this.asCopy = new CopyStanding(parts);
    this.accounts = new Accounts(parts.credentials, parts.notices, parts.clock);
    this.users = new Users({
      credentials: parts.credentials,
      notices: parts.notices,
      clock: parts.clock,
      server: { asAdministrator, canLogIn },
    });
    this.file = new PatroniFile(parts, () => this.wanted());
    this.election = new ElectionCopy(parts.keys);
    const { keys, database, self, clock } = parts;
    this.delivery = new Delivery(keys, `${database}-${self.ordinal}`, clock);
    this.settings = new ComparedSettings(parts.notices, clock, {
      wanted: async () => (await this.wanted()).parameters,
      present: parts.inForce,
      trouble: async (wanted, present) => this.settingsTrouble(wanted, present),
    });
  }

  async probe(): Promise<ServerStatus> {
    if (this.parts.plain.busy) return { process: "starting", member: "offline", role: "none" };
    let own: PatroniStatus;
    // Before the position is asked for: what is told with the fence is the end of all that was acknowledged.
    const fenced = this.parts.fence.value;
    await this.file.refreshIdentity();
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
    const untried = versionNotice(own.patroni?.version);
    this.parts.notices.set("patroni", untried);
    this.parts.notices.set("pause", own.pause === true ? PAUSED : undefined);
    if (this.api.isBehind) await this.file.reload().catch(() => undefined);
    await this.election.learn(own);
    const keptFrom = own.role === "primary" ? await this.parts.log.from() : undefined;
    const status = statusFrom(this.parts.self.ordinal, own, this.election.value, keptFrom);
    this.role = status.role;
    this.asCopy.reads = own.role !== "primary";
    if (own.role !== "primary") this.parts.fence.open();
    this.streaming = (status.view?.online.length ?? 1) - 1;
    await this.file.adjustPriority(status.member);
    if (["offline", "failed", "blocked"].includes(status.member)) await this.deliver();
    this.parts.detachment.see({
      leads: status.process === "running" && own.role === "primary",
      follows: own.state === "running" && own.role !== "primary" && own.role !== STANDBY_LEADER,
      barred: own.pause === true || untried !== undefined,
    });
    const { vote } = this.parts.detachment;
    const copiesSource = own.role === STANDBY_LEADER && status.member === "online";
    const hung = own.state === "running" ? await this.parts.hangs.whenRunning(status.role) : undefined;
    const following = copiesSource ? await this.parts.following.look(await this.wanted()) : undefined;
    return {
      ...status,
      admitted: !this.file.mayBootstrap,
      ...(hung ? { hung } : {}),
      ...(following ? { following } : {}),
      ...(vote ? { detached: vote.version } : {}),
      ...(fenced === undefined || own.role !== "primary" ? {} : { fenced }),
    };
  }

  async prepareStart({ last, replicas, orders = {} }: StartContext): Promise<void> {
    const wanted = await this.wanted();
    if (orders === "unknown" && wanted.follow !== undefined) {
      throw new Error(
        "whether this database still follows another one stands in its marker, which cannot be read",
      );
    }
    const known = orders === "unknown" ? {} : orders;
    const settings = await this.shared(replicas ?? last?.members.length ?? 1, known);
    this.replicas = replicas;
    await this.archive.keep(await this.parts.backedUp());
    await this.parts.certificate.check();
    const copies = known.follows === "source";
    await this.parts.detachment.untilTrusted(TRUSTED_WITHIN);
    const sound = await this.parts.keys.restore(settings, last?.election, !copies);
    if (!sound) {
      throw new Error(
        "what Patroni's election goes by is lost, and no copy of it is known: choose the member with the newest " +
          `data by the marker's annotation ${RECOVER_FROM}=N`,
      );
    }
    await this.parts.passwords.renew();
    // Without the marker a fence would be lifted that stands in it.
    if (replicas !== undefined && orders !== "unknown") await this.delivery.deliver(settings);
    this.file.follow(known);
    await this.file.write();
  }

  /** The lock tells of a primary that no other member can reach. */
  async checkBootstrap(): Promise<void> {
    const { keys, database, self } = this.parts;
    await keys.checkLock(`${database}-${self.ordinal}`);
  }

  async bootstrap(plan: BootstrapPlan): Promise<void> {
    const { supervisor, keys, self, database, certificate, notices } = this.parts;
    const { replicas = 1, orders = {} } = plan;
    const copies = orders.follows === "source";
    const empty = plan.fresh && plan.restored !== true;
    const name = `${database}-${self.ordinal}`;
    const wanted = await this.wanted();
    await certificate.check();
    if (copies && empty) checkSource(await this.parts.source.identify(wanted), wanted);
    await this.archive.keep(await this.parts.backedUp());
    await this.parts.plain.end();
    await supervisor.halt();
    if (empty) await supervisor.discard();
    const settings = await this.shared(replicas, orders);
    await this.parts.passwords.renew();
    if (copies) await keys.lead(false);
    this.file.follow(orders);
    await keys.begin(settings, empty ? undefined : name);
    this.election.forget();
    await this.file.write(empty ? settings : undefined);
    await supervisor.order("init");
    notices.set("copying", copies && empty ? copyingNotice(wanted) : undefined);
    try {
      await untilLeading(name, {
        // Who is let in before Patroni has written what its election goes by has data that nobody may start again.
        leads: async () =>
          (await this.probe()).role === "primary" && (copies || this.election.value !== undefined),
        copies: copies && empty ? new Copying(supervisor) : undefined,
        keys,
      });
    } finally {
      notices.set("copying", undefined);
    }
    // Before anybody can log in. On data that was there, it is as it was; the operator gave up those that it would wait for.
    if (plan.fresh) await this.setFloor(neverAlone(wanted, replicas));
    else if (plan.alone === true) await this.setFloor(false);
  }

  async initialize(statements: readonly string[]): Promise<void> {
    const { credentials } = this.parts;
    await this.accounts.found((await this.wanted()).extensions);
    await runInitial(asAdministrator, statements, {
      database: await credentials.read("database"),
      owner: await credentials.read("owner"),
    });
  }

  private async switchOver(target: Ordinal): Promise<void> {
    const { database, self } = this.parts;
    const body = { leader: `${database}-${self.ordinal}`, candidate: `${database}-${target}` };
    await this.api.change("POST", "/switchover", body, 30_000);
  }

  /**
   * Patroni leaves when it is stopped, and the lock goes by priority as soon as it is free. Its own switchover would take
   * two seconds longer, for which it has the members sleep that it is not for. The checkpoint, for which clients would
   * wait while the server ends, is made before.
   */
  async prepareStop(): Promise<void> {
    if (this.role !== "primary") return;
    await within(CHECKPOINT_WITHIN, this.parts.administer("CHECKPOINT")).catch(() => undefined);
    void this.parts.lockRelease.whenShutDown();
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
    await this.file.apply();
  }

  heed(orders: Orders): void {
    this.asCopy.orders = orders;
  }

  async reconcile(role: Role, replicas: number | undefined): Promise<void> {
    try {
      this.replicas = replicas;
      await this.settings.compare();
      if (replicas !== undefined) await this.reconcileFloor(role, replicas);
      // Before what needs Patroni's consent.
      await this.file.reconcileSource(this.asCopy.orders ?? {}, () => this.parts.passwords.holds());
      await this.file.reconcilePasswords();
      if (role === "primary") await this.reconcilePrimary(replicas);
      await this.parts.formerSessions.reconcile();
      if (role === "primary" && this.asCopy.writes) await this.users.reconcile(this.directory);
      else this.users.resign();
      await this.users.endFormer();
    } finally {
      // Neither waits for the other to be in order.
      await this.parts.certificate.reconcile(() => this.parts.administer("SELECT pg_reload_conf()"));
    }
  }

  /** While nobody leads who would do it. An API server that is away is no reason for not looking at the server. */
  private async deliver(): Promise<void> {
    const settings = async (): Promise<object | undefined> =>
      this.replicas === undefined || this.asCopy.orders === undefined
        ? undefined
        : this.shared(this.replicas, this.asCopy.orders);
    await this.delivery.deliverNowAndThen(settings).catch(() => false);
  }

  private async settingsTrouble(
    wanted: Record<string, string>,
    present: ServerSettings,
  ): Promise<Map<string, Notice>> {
    const { database, namespace, supervisor, credentials } = this.parts;
    const restart = `kubectl -n ${namespace} rollout restart statefulset/${database}`;
    const log = await credentials.hide(await supervisor.log());
    return settingsTrouble(wanted, present, restart, log);
  }

  private async reconcilePrimary(replicas: number | undefined): Promise<void> {
    const wanted = await this.wanted();
    const { orders } = this.asCopy;
    // Without the marker a fence would be lifted that stands in it.
    if (replicas !== undefined && orders !== undefined) {
      const change = settingsChange(await this.api.read("/config"), await this.shared(replicas, orders));
      if (change !== undefined) await this.api.change("PATCH", "/config", change);
    }
    await this.asCopy.reconcile(wanted.follow !== undefined);
    if (!this.asCopy.reads) await this.parts.fence.reconcile(orders?.fenced);
    if (!this.asCopy.writes) return;
    const { extensions, pooler, exporter } = wanted;
    const clients = { pooled: pooler !== undefined, monitored: exporter };
    await sayingOfAccounts(this.parts.notices, () =>
      this.accounts.reconcile(extensions, clients, this.directory),
    );
  }

  private async shared(replicas: number, orders: Orders): Promise<object> {
    return sharedSettings(await this.wanted(), replicas, orders, await this.parts.source.user());
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

  private async wanted(): Promise<WantedSettings> {
    return JSON.parse(await readFile(this.parts.wantedFile, "utf8")) as WantedSettings;
  }
}

/** Whether no commit may be acknowledged by one member alone. */
function neverAlone({ durability }: WantedSettings, replicas: number): boolean {
  return durability !== "preferred" && replicas > 1;
}
