import { REDIS_TOPOLOGY } from "../../components/redis/topology";
import type { Engine, Reached, ServerStatus } from "../core/engine";
import { sayingOfAccounts } from "../core/account-notice";
import { Since, type Clock } from "../core/clock";
import { ComparedSettings } from "../core/compared-settings";
import type { Credentials } from "../core/credentials";
import type { ExporterLogin } from "../core/exporter";
import type { Limits } from "../core/limits";
import { isNotThere, messageOf } from "../core/log";
import type { Notices } from "../core/notices";
import { readIfThere } from "../core/record";
import type { SharedSecret } from "../core/shared-secret";
import type { Supervisor } from "../core/supervisor";
import type { Certificate } from "../core/tls";
import type { Login, Refusal, Role } from "../core/types";
import type { Accounts } from "./accounts";
import { canLogIn, isDenied, type LocalServer, Unanswered } from "./connection";
import type { FormerSessions } from "./former-sessions";
import { settingsTrouble } from "./in-force";
import { lagOf } from "./lag";
import { logNotices } from "./log-notices";
import type { MisledClients } from "./misled-clients";
import type { OrderlyStop } from "./orderly-stop";
import { redisPolicy } from "./policy";
import { isPosition } from "./position";
import { refusalFrom } from "./refusal";
import { type Look, ServerReplication } from "./replication";
import type { Value } from "./resp";
import { reloadCertificate, startArguments } from "./settings";
import { ListedCommands } from "./statements";
import { statusFrom } from "./status";

/** How long the server may refuse its agent until it is restarted with accounts that are written anew, ms. */
const DENIED_FOR = 20_000;

/** How long the server may answer nobody until it counts as hanging, ms: a long script holds up everybody. */
const HUNG_FOR = 60_000;

/** How long an outage lasts until members that cannot be told apart are, ms, where writes may be lost with one. */
const UNSURE_AFTER = 120_000;

/** Writing all data before a stop may take as long as the disk is slow. */
const LIMITS: Limits = {
  switchover: 15_000,
  stop: 125_000,
  leave: 5_000,
  volume: { hung: 8_000, doubtful: 3_000 },
};

/** What a member is made of. */
export interface RedisParts {
  self: Reached;
  /** `<namespace>/<name>` of the set. */
  set: string;
  server: LocalServer;
  socket: string;
  supervisor: Supervisor;
  credentials: Credentials;
  accounts: Accounts;
  formerSessions: FormerSessions;
  exporter: ExporterLogin;
  misledClients: MisledClients;
  orderlyStop: OrderlyStop;
  secret: SharedSecret;
  certificate: Certificate;
  /** Where that is mounted, for the server as for the agent. */
  certificates: string;
  notices: Notices;
  /** What the component asks for. */
  settingsFile: string;
  /** Whether clients may come without TLS. */
  plain: boolean;
  /** Whether what only a lost primary had may be lost. */
  mayLose: boolean;
  /** Whether data is in memory alone. */
  volatile: boolean;
  clock: Clock;
}

/** A server that follows another one, or leads, as the agents elect. */
export class RedisEngine implements Engine {
  readonly policy = redisPolicy;
  readonly topology = REDIS_TOPOLOGY;
  readonly limits = LIMITS;
  readonly restartedBy = "script";
  readonly lag = lagOf;
  readonly isPosition = isPosition;
  readonly replication: ServerReplication;
  readonly statements: ListedCommands;
  readonly exporter: ExporterLogin;
  private readonly settings: ComparedSettings<string, Value[]>;
  private readonly denied: Since;

  constructor(private readonly parts: RedisParts) {
    const { server, accounts, set, secret, notices, clock, mayLose, volatile } = parts;
    this.replication = new ServerReplication({
      server,
      accounts,
      set,
      secret,
      volatile,
      ...(mayLose ? { unsureAfter: UNSURE_AFTER } : {}),
    });
    this.settings = new ComparedSettings(notices, clock, {
      wanted: async () => readIfThere(parts.settingsFile),
      present: async () => {
        const answer = await server.run("CONFIG", "GET", "*");
        return Array.isArray(answer) ? answer : undefined;
      },
      trouble: settingsTrouble,
    });
    this.statements = new ListedCommands(server);
    this.exporter = parts.exporter;
    this.denied = new Since(clock);
  }

  async prepareStart(): Promise<void> {
    const { certificate, certificates, accounts, supervisor, plain, volatile, socket, self } = this.parts;
    await certificate.check();
    await accounts.writeFile();
    this.parts.server.close();
    await supervisor.setArguments(
      startArguments({
        plain,
        volatile,
        socket,
        address: self.address,
        accountsFile: accounts.file,
        certificates,
      }),
    );
  }

  async probe(): Promise<ServerStatus> {
    const starting = { process: "starting", member: "offline", role: "none" } as const;
    try {
      const look = await this.replication.look();
      this.denied.measure(false);
      this.sayLog(look);
      return statusFrom(look, await this.admits(look));
    } catch (error) {
      if (isNotThere(error)) return starting;
      const detail = `no answer: ${messageOf(error)}`;
      if (error instanceof Unanswered) {
        return { ...starting, detail, hung: { reason: detail, patience: HUNG_FOR, unless: "unreplaced" } };
      }
      if (!isDenied(error)) return { ...starting, detail };
      // Only a start makes the agent's account again.
      await this.parts.accounts.writeFile().catch(() => undefined);
      return { ...starting, detail, hung: { reason: detail, patience: DENIED_FOR } };
    }
  }

  /** Who is promoted begins the history; until then nobody is let in. */
  async bootstrap(): Promise<void> {
    await this.replication.detach();
    await this.replication.found();
  }

  async admit(): Promise<void> {
    const { accounts, server } = this.parts;
    await server.ask(await accounts.admission());
  }

  async prepareStop(): Promise<void> {
    await this.parts.orderlyStop.run();
  }

  /** Nobody is told: members find out by the link that ends. */
  async abandon(end: () => Promise<void>): Promise<void> {
    await end();
  }

  async explain(log: string): Promise<Refusal | undefined> {
    return refusalFrom(await this.parts.credentials.hide(log));
  }

  async reconcile(role: Role): Promise<void> {
    const { server, accounts, formerSessions, certificate, certificates, notices } = this.parts;
    const { facts } = await this.replication.look();
    if (!facts.primary) await this.parts.misledClients.reconcile(facts.run);
    await this.settings.compare();
    try {
      await sayingOfAccounts(notices, async () => {
        await this.keepLog(facts.log, role);
        await accounts.reconcile(server, facts.run);
        await formerSessions.reconcile();
      });
    } finally {
      await certificate.reconcile(() => server.ask([reloadCertificate(certificates)]));
    }
  }

  async letsIn(login: Login): Promise<boolean> {
    return await canLogIn(this.parts.socket, login);
  }

  /** A server that was started from a picture of its data writes no log yet. */
  private async keepLog({ on, rewriting }: Look["facts"]["log"], role: Role): Promise<void> {
    const { orderlyStop, server, volatile } = this.parts;
    if (role === "none" || volatile) return;
    await orderlyStop.forget();
    if (!on && !rewriting) await server.run("CONFIG", "SET", "appendonly", "yes");
  }

  private async admits({ facts }: Look): Promise<boolean> {
    if (facts.loading !== undefined) return false;
    const { server, accounts } = this.parts;
    const [answer = null] = await server.askEach([["ACL", "GETUSER", await accounts.username()]]);
    if (!Array.isArray(answer)) return false;
    const flags = answer[answer.indexOf("flags") + 1];
    return Array.isArray(flags) && flags.includes("on");
  }

  private sayLog({ facts }: Look): void {
    for (const [key, notice] of Object.entries(logNotices(facts))) this.parts.notices.set(key, notice);
  }
}
