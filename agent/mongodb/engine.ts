import { MONGODB_TOPOLOGY } from "../../components/mongodb/topology";
import { isExclusive } from "../../components/protocol/topology";
import { sayingOfAccounts } from "../core/account-notice";
import { type Clock, Since } from "../core/clock";
import { ComparedSettings } from "../core/compared-settings";
import type { Credentials } from "../core/credentials";
import type { BootstrapPlan, Engine, ServerStatus, StartContext, Switchover } from "../core/engine";
import type { Limits } from "../core/limits";
import { isNotThere, type Log, messageOf } from "../core/log";
import type { Notice, Notices } from "../core/notices";
import type { Supervisor } from "../core/supervisor";
import type { Certificate } from "../core/tls";
import type { Login, Ordinal, Reached, Refusal, Report, Role } from "../core/types";
import type { Accounts } from "./accounts";
import { type Commands, isDenied, Unanswered } from "./connection";
import { FeatureVersion } from "./feature-version";
import type { FormerSessions } from "./former-sessions";
import { Founding } from "./founding";
import { HandOver } from "./hand-over";
import { settingsQuestion, settingsTrouble } from "./in-force";
import { lagOf } from "./lag";
import { type Look, lookAt, oplogStart, STATES } from "./look";
import { SetMembers } from "./members";
import { mongoDbPolicy, RENEW, STAND } from "./policy";
import { canCatchUp, isPosition, type OplogTime } from "./position";
import { refusalFrom } from "./refusal";
import { isUncounted } from "./set-config";
import type { MemberKeys } from "./member-keys";
import type { Rollbacks } from "./rollbacks";
import type { StartFiles } from "./settings";
import { RunningOperations } from "./statements";
import { statusFrom } from "./status";
import type { Users } from "./users";
import type { Document } from "./wire";

/** How long the server may answer nobody until it counts as hanging, ms. */
const HUNG_FOR = 60_000;

/** How long the server may refuse its agent until it is restarted with a key that is written anew, ms. */
const DENIED_FOR = 20_000;

/** How long a server may not find itself in the set's configuration until it is started again, ms. */
const ASTRAY_FOR = 30_000;

/** Without a primary for so long, which is three times as long as it takes to elect one, a replica counts as cut off; ms. */
const LEADERLESS_FOR = 30_000;

/** Between two looks at where the oplog begins, ms. */
const OPLOG_EVERY = 5_000;

/** Between two attempts to be elected, ms: a ballot takes as long as the slowest member. */
const STAND_EVERY = 1_000;
/** By how much longer each member waits than the one before it, ms: two that stood at the same moment do not do so again. */
const STAND_APART = 400;

/** A primary hands over when another one has all data, which may take long behind a slow disk. */
const LIMITS: Limits = {
  switchover: 25_000,
  stop: 120_000,
  leave: 5_000,
  volume: { hung: 8_000, doubtful: 3_000 },
};

/** What a member is made of. */
export interface MongoDbParts {
  self: Reached;
  /** Of the replica set. */
  setName: string;
  server: Commands & { close(): void };
  /** Sends a command to another member's server. */
  ask: (member: Reached, command: Document) => Promise<Document>;
  /** By which members know each other, with the port. */
  host: (ordinal: Ordinal) => string;
  supervisor: Supervisor;
  startFiles: Pick<StartFiles, "write" | "writeCertificates">;
  keys: Pick<MemberKeys, "forStart" | "prints" | "notice">;
  rollbacks: Pick<Rollbacks, "notice">;
  accounts: Accounts;
  formerSessions: FormerSessions;
  users: Users;
  letsIn: (login: Login) => Promise<boolean>;
  credentials: Pick<Credentials, "hide">;
  certificate: Pick<Certificate, "check" | "reconcile">;
  notices: Notices;
  /** What is known of all members at this moment. */
  members: () => readonly Report[];
  /** Where a name leads to. */
  resolve: (host: string) => Promise<string[]>;
  /** What the component asks for; `undefined` where nobody has said it. */
  wantedSettings: () => Promise<string | undefined>;
  /** Whether an operator wants the data to stay readable by the server's version before. */
  holdsFeatures: () => Promise<boolean>;
  log: Log;
  clock: Clock;
  pause: (duration: number) => Promise<void>;
}

/** A member of a replica set, which elects its primary by itself. */
export class MongoDbEngine implements Engine {
  readonly policy = mongoDbPolicy;
  readonly topology = MONGODB_TOPOLOGY;
  readonly limits = LIMITS;
  readonly restartedBy = "script";
  readonly logs = { canCatchUp };
  readonly lag = lagOf;
  readonly isPosition = isPosition;
  readonly switchover: Switchover = { to: async (target) => this.handOver.to(target) };
  readonly steps = { [STAND]: async () => this.stand(), [RENEW]: async () => this.renew() };
  readonly statements: RunningOperations;
  private readonly handOver: HandOver;
  private readonly setMembers: SetMembers;
  private readonly founding: Founding;
  private readonly featureVersion: FeatureVersion;
  private readonly leaderless: Since;
  private readonly settings: ComparedSettings<string, Document>;
  private look: Look | undefined;
  private oplog: { from: OplogTime | undefined; at: number } = { from: undefined, at: -Infinity };
  private stoodAt = -Infinity;
  private replicas: number | undefined;
  /** Certificates have been written that the server has not read. */
  private unread = false;

  constructor(private readonly parts: MongoDbParts) {
    const { self, server, host, members, log, pause, ask, clock, setName } = parts;
    const askOther = async (ordinal: Ordinal, command: Document): Promise<Document> => {
      const report = members().find((one) => one.ordinal === ordinal);
      if (report === undefined) throw new Error(`member ${ordinal} does not answer`);
      return await ask({ ordinal, host: host(ordinal), address: report.address }, command);
    };
    this.handOver = new HandOver({ self: self.ordinal, server, pause, ask: askOther });
    this.featureVersion = new FeatureVersion({ server, ask: askOther, isHeld: parts.holdsFeatures, clock });
    this.setMembers = new SetMembers({ self: self.ordinal, server, host, members, log });
    this.founding = new Founding({ self: self.ordinal, setName, server, host, pause, clock });
    this.leaderless = new Since(clock);
    this.statements = new RunningOperations(server);
    const { wantedSettings } = parts;
    this.settings = new ComparedSettings(parts.notices, clock, {
      wanted: wantedSettings,
      present: async () => server.run(settingsQuestion((await wantedSettings()) ?? "{}")),
      trouble: settingsTrouble,
    });
  }

  async probe(): Promise<ServerStatus> {
    const { server, self, accounts, keys } = this.parts;
    try {
      const look = (this.look = await lookAt(server));
      const readable =
        typeof look !== "string" && (look.state === STATES.primary || look.state === STATES.secondary);
      const led = readable && look.members.some(({ state }) => state === STATES.primary);
      const leaderless = this.leaderless.measure(readable && !led) >= LEADERLESS_FOR;
      const admitted = readable && (await accounts.isAdmitted());
      const from = readable ? await this.oplogFrom() : undefined;
      const astray = look === "outside" && (await this.founding.isListed());
      if (astray) return ASTRAY;
      const status = statusFrom(look, { self: self.ordinal, admitted, leaderless, from });
      const prints = await keys.prints(this.replicas);
      return prints === undefined ? status : { ...status, keys: prints };
    } catch (error) {
      this.look = undefined;
      return whileSilent(error);
    }
  }

  async prepareStart({ begins = false, replicas }: StartContext): Promise<void> {
    const { self, members } = this.parts;
    const peers = members().filter(({ ordinal }) => ordinal !== self.ordinal);
    // What was decided on may have changed: with a vote of before it would be asked what it does not know any more.
    if (begins && !isUncounted(self.ordinal, peers))
      throw new Error("the replica set still counts this member's former self: its primary takes it out");
    await this.prepare(replicas);
  }

  async bootstrap({ fresh, replicas }: BootstrapPlan): Promise<void> {
    const { supervisor } = this.parts;
    if (fresh) {
      await supervisor.halt();
      await supervisor.discard();
      await this.prepare(replicas);
      await supervisor.order("init");
      await this.founding.begin();
      return;
    }
    if (!(await supervisor.report()).running) await this.prepare(replicas);
    await supervisor.order("run");
    await this.founding.goOnAlone();
  }

  /** The application's account is the set's: who may write makes it. */
  async admit(): Promise<void> {
    if (this.leads()) await this.parts.accounts.reconcile();
  }

  async prepareStop(): Promise<void> {
    await this.handOver.away();
  }

  /** The others elect another one as soon as this one has ended. */
  async abandon(end: () => Promise<void>): Promise<void> {
    await end();
  }

  async explain(log: string): Promise<Refusal | undefined> {
    return refusalFrom(await this.parts.credentials.hide(log));
  }

  async reconcile(role: Role, replicas: number | undefined): Promise<void> {
    const { supervisor, accounts, formerSessions, users, certificate, startFiles, server } = this.parts;
    const { keys, rollbacks, notices } = this.parts;
    this.replicas = replicas;
    await supervisor.hasBegun();
    await this.say("members' keys", async () => keys.notice(replicas));
    await this.say("undone writes", async () => rollbacks.notice());
    await this.settings.compare();
    try {
      if (!this.leads()) {
        accounts.resign();
        formerSessions.resign();
        users.resign();
        return;
      }
      await this.setMembers.reconcile(replicas);
      await this.founding.settle();
      if (isExclusive(role)) {
        await sayingOfAccounts(notices, async () => {
          await accounts.reconcile();
          await formerSessions.reconcile();
          await users.reconcile(this.parts.setName);
        });
      }
      await this.featureVersion.reconcile(this.others());
    } finally {
      // Neither waits for the other to be in order.
      await certificate.reconcile(async () => {
        this.unread = (await startFiles.writeCertificates()) || this.unread;
        if (this.unread) await server.run({ rotateCertificates: 1 });
        this.unread = false;
      });
    }
  }

  async letsIn(login: Login): Promise<boolean> {
    return await this.parts.letsIn(login);
  }

  /** What cannot be looked at is said as well, and holds up nothing else. */
  private async say(about: string, look: () => Promise<Notice | undefined>): Promise<void> {
    const notice = await look().catch((error: unknown): Notice => ({
      severity: "notice",
      text: `cannot tell about its ${about}: ${error instanceof Error ? error.message : String(error)}`,
    }));
    this.parts.notices.set(about, notice);
  }

  /** The rest of the configuration. */
  private others(): Ordinal[] {
    const members = typeof this.look === "object" ? this.look.members : [];
    return members.map(({ ordinal }) => ordinal).filter((ordinal) => ordinal !== this.parts.self.ordinal);
  }

  private leads(): boolean {
    return typeof this.look === "object" && this.look.writable;
  }

  private async prepare(replicas: number | undefined): Promise<void> {
    this.replicas = replicas;
    const { certificate, startFiles, keys, server, self, resolve } = this.parts;
    // A server looks itself up once, when it starts.
    const found = await resolve(self.host).catch((): string[] => []);
    if (!found.includes(self.address))
      throw new Error(
        `the name ${self.host} does not lead to this pod yet: its server would not find itself`,
      );
    await certificate.check();
    await startFiles.write(await keys.forStart(replicas));
    server.close();
  }

  /** Asks for the votes of the others, whose rules decide. */
  private async stand(): Promise<void> {
    const { clock, server, self } = this.parts;
    if (clock() - this.stoodAt < STAND_EVERY + self.ordinal * STAND_APART) return;
    this.stoodAt = clock();
    await server.run({ replSetStepUp: 1 });
  }

  /** Has the server read its keys anew: it is started again, and another one leads meanwhile. */
  private async renew(): Promise<void> {
    await this.handOver.once();
    await this.parts.supervisor.halt();
  }

  private async oplogFrom(): Promise<OplogTime | undefined> {
    const { clock, server } = this.parts;
    if (clock() - this.oplog.at < OPLOG_EVERY) return this.oplog.from;
    this.oplog = { from: await oplogStart(server), at: clock() };
    return this.oplog.from;
  }
}

/** It could not look itself up when it started, and does not try again by itself where all others are like that. */
const ASTRAY: ServerStatus = {
  process: "running",
  member: "blocked",
  role: "none",
  detail: "it does not find itself in the replica set, which has it",
  hung: { reason: "it does not find itself in the replica set, which has it", patience: ASTRAY_FOR },
};

/** What is known of a server that does not answer. */
function whileSilent(error: unknown): ServerStatus {
  const starting = { process: "starting", member: "offline", role: "none" } as const;
  if (isNotThere(error)) return starting;
  const detail = `no answer: ${messageOf(error)}`;
  if (error instanceof Unanswered)
    return { ...starting, detail, hung: { reason: detail, patience: HUNG_FOR, unless: "unreplaced" } };
  return isDenied(error)
    ? { ...starting, detail, hung: { reason: detail, patience: DENIED_FOR } }
    : { ...starting, detail };
}
