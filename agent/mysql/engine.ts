import { MYSQL_TOPOLOGY } from "../../components/mysql/topology";
import { PASSWORD_FILES } from "../../components/protocol/accounts";
import { join } from "node:path";
import { sayingOfAccounts } from "../core/account-notice";
import { monotonic, within, type Clock } from "../core/clock";
import { ComparedSettings } from "../core/compared-settings";
import type { Credentials } from "../core/credentials";
import type {
  BootstrapPlan,
  Copies,
  Copy,
  Engine,
  Membership,
  Reached,
  Replay,
  ServerStatus,
  StartContext,
  Switchover,
} from "../core/engine";
import type { ExporterLogin } from "../core/exporter";
import type { Limits } from "../core/limits";
import { isNotThere, jsonLog, messageOf } from "../core/log";
import type { Notices } from "../core/notices";
import { readIfThere } from "../core/record";
import type { Supervisor } from "../core/supervisor";
import type { Refusal, Role } from "../core/types";
import { Accounts } from "./accounts";
import { runInitial } from "./initial";
import { BinaryLogs } from "./archive";
import { clone } from "./clone";
import { MySqlCopies } from "./copies";
import { exporterLogin } from "./exporter";
import { FormerSessions } from "./former-sessions";
import { Group } from "./group";
import { GroupPassword } from "./group-password";
import { settingsTrouble, type Variable, VARIABLES_QUERY } from "./in-force";
import { InitFile } from "./init-file";
import { groupPolicy } from "./policy";
import { lagOf } from "./lag";
import { canCatchUp, comparePositions, isPosition } from "./position";
import { refusalFrom } from "./refusal";
import { MySqlReplay } from "./replay";
import { APART_ARGUMENTS, FIXED_ARGUMENTS } from "./settings";
import { canLogIn, isDenied, type Login, RootConnection, text } from "./sql";
import type { Certificate } from "../core/tls";
import { SessionStatements } from "./statements";
import { statusFrom } from "./status";
import { Unverified } from "./unverified";
import { Users } from "./users";

/** How long a server whose volume hangs may take to leave its group until it is ended, ms: that needs no disk. */
const LEAVE_WITHIN = 2_000;

/**
 * How long the server may refuse the administrator the Secret's password before it is restarted with it, ms: a changed
 * Secret reaches the primary's pod, which changes the password, up to a minute after another one's.
 */
const DENIED_FOR = 90_000;

/** How long a server may take no connection that it has accepted, before it counts as hanging, ms. */
const HUNG_FOR = 60_000;

/** A primary's clients wait for as long where its volume hangs; a disk whose queue is full takes seconds. */
const LIMITS: Limits = {
  switchover: 15_000,
  stop: 15_000,
  leave: 5_000,
  volume: { hung: 8_000, doubtful: 3_000 },
};

/** MySQL with Group Replication in single-primary mode, and the CLONE plugin for full copies. */
export class MySqlEngine implements Engine {
  readonly limits = LIMITS;
  /** Group Replication elects, and tells nobody outside. */
  readonly restartedBy = "script";
  readonly history = { compare: comparePositions };
  readonly logs = { canCatchUp };
  readonly lag = lagOf;
  readonly policy = groupPolicy({ ...this.history, ...this.logs });
  readonly topology = MYSQL_TOPOLOGY;
  readonly membership: Membership = {
    join: async (cluster, seeds) => this.join(cluster, seeds),
    leave: async () => this.group.leave(),
  };
  readonly copy: Copy = { from: async (donor) => clone(this.root, this.credentials, donor) };
  readonly copies: Copies;
  readonly replay: Replay;
  readonly switchover: Switchover = { to: async (target) => this.group.promote(target) };
  readonly isPosition = isPosition;
  readonly archive: BinaryLogs;
  readonly statements: SessionStatements;
  readonly exporter: ExporterLogin;
  private readonly root: RootConnection;
  private readonly accounts: Accounts;
  private readonly formerSessions: FormerSessions;
  private readonly users: Users;
  private readonly groupPassword: GroupPassword;
  private readonly group: Group;
  private readonly initFile: InitFile;
  private readonly unverified: Unverified;
  private readonly settings: ComparedSettings<string, Variable[]>;

  /**
   * @param self - this member; `address` is its pod's.
   * @param socketPath - the server's socket.
   */
  constructor(
    private readonly self: Reached,
    socketPath: string,
    private readonly supervisor: Supervisor,
    private readonly credentials: Credentials,
    private readonly certificate: Certificate,
    private readonly notices: Notices,
    /** What the component asks for. */
    optionFile: string,
    clock: Clock = monotonic,
    private readonly canUse = (login: Login): Promise<boolean> => canLogIn(socketPath, login),
    /** Whether binary logs are kept until they are stored. */
    private readonly keepsLogs: () => Promise<boolean> = () => Promise.resolve(false),
    /** The server is nobody's member. */
    apart = false,
  ) {
    this.root = new RootConnection(socketPath, () => credentials.read(PASSWORD_FILES.administrator));
    // On connections of their own: what takes long there holds up no look at the server.
    const apartFromLooks = (): RootConnection =>
      new RootConnection(socketPath, () => credentials.read(PASSWORD_FILES.administrator));
    this.archive = new BinaryLogs(apartFromLooks());
    this.statements = new SessionStatements(apartFromLooks());
    this.exporter = exporterLogin(credentials, notices);
    this.accounts = new Accounts({ root: this.root, credentials, canLogIn: canUse, notices, clock });
    this.formerSessions = new FormerSessions(this.root, credentials, canUse);
    this.users = new Users({ root: this.root, credentials, canLogIn: canUse, notices, clock });
    this.groupPassword = new GroupPassword({
      root: this.root,
      credentials,
      canLogIn: canUse,
      notices,
      clock,
    });
    this.group = new Group(self, this.root, this.groupPassword, async () => this.useCertificate());
    this.initFile = new InitFile(join(supervisor.control, "init.sql"), credentials);
    this.copies = new MySqlCopies({
      root: this.root,
      supervisor,
      credentials,
      prepareStart: async () => this.prepareStart({ apart: true }),
      log: jsonLog,
    });
    this.replay = new MySqlReplay({
      root: this.root,
      supervisor,
      prepareStart: async () => this.prepareStart({ apart }),
    });
    this.settings = new ComparedSettings(notices, clock, {
      wanted: async () => readIfThere(optionFile),
      present: async () => this.variables(),
      trouble: settingsTrouble,
    });
    this.unverified = new Unverified(this.root, notices, join(supervisor.control, "unverified"), clock);
  }

  async prepareStart({ apart = false }: StartContext = {}): Promise<void> {
    await this.certificate.check();
    await this.initFile.write();
    await this.supervisor.setArguments([
      ...FIXED_ARGUMENTS,
      ...(apart ? APART_ARGUMENTS : []),
      `--init-file=${this.initFile.path}`,
      `--server-id=${this.self.ordinal + 1}`,
      `--report-host=${this.self.host}`,
      // From its start on, when it would delete what is old first of all.
      ...((await this.keepsLogs()) ? ["--binlog-expire-logs-auto-purge=OFF"] : []),
    ]);
  }

  async probe(): Promise<ServerStatus> {
    try {
      // Of a member that is just joining there are two rows of its own for a moment.
      const rows = await this.root.run(
        `SELECT @@server_uuid AS id, @@offline_mode AS offline, @@super_read_only AS readonly,
           @@gtid_executed AS executed, @@gtid_purged AS purged,
           (SELECT received_transaction_set FROM performance_schema.replication_connection_status
             WHERE channel_name = 'group_replication_applier' LIMIT 1) AS received,
           (SELECT view_id FROM performance_schema.replication_group_member_stats
             WHERE member_id = @@server_uuid LIMIT 1) AS view`,
      );
      const now = rows.at(0);
      const members = await this.group.members();
      return statusFrom({
        serverId: text(now?.["id"]),
        offlineMode: Number(now?.["offline"]) === 1,
        readOnly: Number(now?.["readonly"]) === 1,
        executed: text(now?.["executed"]),
        purged: text(now?.["purged"]),
        received: text(now?.["received"]),
        viewId: text(now?.["view"]),
        members,
      });
    } catch (error) {
      const status = { process: "starting", member: "offline", role: "none" } as const;
      // Its socket is not there yet, or nobody listens on it.
      if (isNotThere(error)) {
        this.certificate.forgetServer();
        return status;
      }
      const detail = `no answer: ${messageOf(error)}`;
      if (isUnanswered(error))
        return { ...status, detail, hung: { reason: NO_GREETING, patience: HUNG_FOR, unless: "unreplaced" } };
      if (!isDenied(error)) return { ...status, detail };
      // Only a start makes the Secret's password hold again.
      await this.initFile.write().catch(() => undefined);
      return { ...status, detail, hung: { reason: detail, patience: DENIED_FOR } };
    }
  }

  /** With a certificate that is not valid, a group would refuse the connection to itself, by which it begins. */
  async bootstrap({ cluster, replicas = 1 }: BootstrapPlan): Promise<void> {
    const start = async (): Promise<void> => this.group.start({ cluster, seeds: [], bootstraps: true });
    await this.unverified.end();
    await this.useCertificate();
    await (this.certificate.isValid ? start() : this.unverified.bootstrap(start, replicas));
  }

  async initialize(statements: readonly string[]): Promise<void> {
    const database = await this.credentials.find("database");
    await runInitial(this.root, statements, { database, user: await this.credentials.find("username") });
  }

  private async join(cluster: string, seeds: readonly Reached[]): Promise<void> {
    await this.unverified.end();
    await this.group.start({ cluster, seeds, bootstraps: false });
  }

  async prepareStop(): Promise<void> {
    await this.group.leave();
  }

  async explain(log: string): Promise<Refusal | undefined> {
    return refusalFrom(await this.credentials.hide(log));
  }

  /** Told that this member goes, the group need not find out by its silence, which takes longer. */
  async abandon(end: () => Promise<void>): Promise<void> {
    await within(LEAVE_WITHIN, this.group.leave()).catch(() => undefined);
    await end();
  }

  async admit(): Promise<void> {
    // What a bootstrap may have left behind, if the agent ended during it: no client is let in while it is on.
    await this.root.run("SET GLOBAL group_replication_bootstrap_group = OFF");
    await this.root.run("SET GLOBAL offline_mode = OFF");
  }

  async reconcile(role: Role, replicas = 1): Promise<void> {
    await this.settings.compare();
    await this.unverified.say(replicas);
    try {
      // Before the accounts: a server that crashes starts with what is written there.
      await this.initFile.write();
      if (role === "primary") await sayingOfAccounts(this.notices, () => this.accounts.reconcile());
      await this.groupPassword.reconcile();
      await this.formerSessions.reconcile();
      if (role === "primary") await this.users.reconcile();
      else this.users.resign();
      await this.users.endFormer();
    } finally {
      // Neither waits for the other to be in order.
      await this.useCertificate();
    }
    await this.unverified.mend(role, replicas, this.certificate.isValid, this.group);
  }

  async letsIn(login: Login): Promise<boolean> {
    return await this.canUse(login);
  }

  private async variables(): Promise<Variable[]> {
    const rows = await this.root.run(VARIABLES_QUERY);
    return rows.map((row) => ({
      name: text(row["name"]),
      value: text(row["value"]),
      source: text(row["source"]),
    }));
  }

  /** Not in the binary log: each member has its own files. https://dev.mysql.com/doc/refman/8.4/en/alter-instance.html */
  private async useCertificate(): Promise<void> {
    await this.certificate.reconcile(() => this.root.run("ALTER INSTANCE RELOAD TLS"));
  }
}

/** What is said of a server whose socket takes a connection, and which says nothing on it. */
const NO_GREETING = "the server takes connections and says nothing on them";

/** Whether nothing came on a connection that was made: a server that only starts refuses it. */
function isUnanswered(error: unknown): boolean {
  return (error as { code?: string }).code === "ETIMEDOUT";
}
