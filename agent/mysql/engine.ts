import { MYSQL_TOPOLOGY } from "../../components/mysql/topology";
import { PASSWORD_FILES, REPLICATION_USER } from "../../components/protocol/accounts";
import { MYSQL_PORT } from "../../components/mysql/protocol";
import { join } from "node:path";
import { monotonic, within, type Clock } from "../core/clock";
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
import type { Limits } from "../core/limits";
import { isNotThere, jsonLog, messageOf } from "../core/log";
import type { Notices } from "../core/notices";
import { readIfThere } from "../core/record";
import { Said } from "../core/said";
import type { Supervisor } from "../core/supervisor";
import type { Ordinal, Refusal, Role } from "../core/types";
import { Accounts } from "./accounts";
import { BinaryLogs } from "./archive";
import { MySqlCopies } from "./copies";
import { FormerSessions } from "./former-sessions";
import { GroupPassword } from "./group-password";
import { settingsTrouble, VARIABLES_QUERY } from "./in-force";
import { InitFile } from "./init-file";
import { readPassword } from "./passwords";
import { groupPolicy } from "./policy";
import { lagOf } from "./lag";
import { canCatchUp, comparePositions, isPosition } from "./position";
import { refusalFrom } from "./refusal";
import { MySqlReplay } from "./replay";
import { APART_ARGUMENTS, FIXED_ARGUMENTS } from "./settings";
import { canLogIn, isDenied, type Login, RootConnection, type Row } from "./sql";
import type { Certificate } from "../core/tls";
import { ordinalOf, statusFrom, type GroupMember } from "./status";
import { Unverified } from "./unverified";

/** How long running transactions may take to end before a hand-over cuts them off, s. */
const TRANSACTIONS_END = 5;

/** How long a server whose volume hangs may take to leave its group until it is ended, ms: that needs no disk. */
const LEAVE_WITHIN = 2_000;

/** How long a server may take to come back after it was cloned to, ms. */
const RESTART_WITHIN = 600_000;

/**
 * How long the server may refuse the administrator the Secret's password before it is restarted with it, ms: a changed
 * Secret reaches the primary's pod, which changes the password, up to a minute after another one's.
 */
const DENIED_FOR = 90_000;

/** Between two looks at what is in force, ms. */
const COMPARE_EVERY = 10_000;

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
    join: async (cluster, seeds) => this.joinGroup(cluster, seeds),
    leave: async () => this.leave(),
  };
  readonly copy: Copy = { from: async (donor) => this.clone(donor) };
  readonly copies: Copies;
  readonly replay: Replay;
  readonly switchover: Switchover = { to: async (target) => this.promote(target) };
  readonly isPosition = isPosition;
  readonly archive: BinaryLogs;
  private readonly root: RootConnection;
  private readonly accounts: Accounts;
  private readonly formerSessions: FormerSessions;
  private readonly groupPassword: GroupPassword;
  private readonly initFile: InitFile;
  private readonly unverified: Unverified;
  private readonly said: Said;
  private comparedAt = -Infinity;

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
    private readonly optionFile: string,
    clock: Clock = monotonic,
    canUse = (login: Login): Promise<boolean> => canLogIn(socketPath, login),
    /** Whether binary logs are kept until they are stored. */
    private readonly keepsLogs: () => Promise<boolean> = () => Promise.resolve(false),
    /** The server is nobody's member. */
    apart = false,
  ) {
    this.said = new Said(notices, "settings");
    this.root = new RootConnection(socketPath, () => credentials.read(PASSWORD_FILES.administrator));
    // On a connection of its own: what takes long there holds up no look at the server.
    this.archive = new BinaryLogs(
      new RootConnection(socketPath, () => credentials.read(PASSWORD_FILES.administrator)),
    );
    this.accounts = new Accounts({ root: this.root, credentials, canLogIn: canUse, notices, clock });
    this.formerSessions = new FormerSessions(this.root, credentials, canUse);
    this.groupPassword = new GroupPassword({
      root: this.root,
      credentials,
      canLogIn: canUse,
      notices,
      clock,
    });
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
    this.unverified = new Unverified(this.root, notices, join(supervisor.control, "unverified"));
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
      const rows = await this.root.run(
        `SELECT @@server_uuid AS id, @@offline_mode AS offline, @@super_read_only AS readonly,
           @@gtid_executed AS executed, @@gtid_purged AS purged,
           (SELECT received_transaction_set FROM performance_schema.replication_connection_status
             WHERE channel_name = 'group_replication_applier') AS received,
           (SELECT view_id FROM performance_schema.replication_group_member_stats
             WHERE member_id = @@server_uuid) AS view`,
      );
      const now = rows.at(0);
      const members = await this.members();
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
      if (isNotThere(error)) return status;
      const detail = `no answer: ${messageOf(error)}`;
      if (isUnanswered(error))
        return { ...status, detail, hung: { reason: NO_GREETING, patience: HUNG_FOR, unless: "unreplaced" } };
      if (!isDenied(error)) return { ...status, detail };
      // Only a start makes the Secret's password hold again.
      await this.initFile.write().catch(() => undefined);
      return { ...status, detail, hung: { reason: detail, patience: DENIED_FOR } };
    }
  }

  async bootstrap({ cluster, replicas }: BootstrapPlan): Promise<void> {
    await this.bootstrapGroup(cluster, replicas);
  }

  async prepareStop(): Promise<void> {
    await this.leave();
  }

  private async promote(target: Ordinal): Promise<void> {
    const id = (await this.members()).find((member) => ordinalOf(member.host) === target)?.id;
    if (id === undefined) throw new Error(`member ${target} is not in the group`);
    await this.root.runLong(`SELECT group_replication_set_as_primary(?, ${TRANSACTIONS_END})`, [id]);
  }

  async explain(log: string): Promise<Refusal | undefined> {
    return refusalFrom(await this.credentials.hide(log));
  }

  /** Both ways end the same: out of the group, read-only, clients out. */
  private async leave(): Promise<void> {
    await this.root.run("SET GLOBAL offline_mode = ON");
    await this.root.runLong("STOP GROUP_REPLICATION");
    await this.root.run("SET GLOBAL super_read_only = ON");
  }

  /** Told that this member goes, the group need not find out by its silence, which takes longer. */
  async abandon(end: () => Promise<void>): Promise<void> {
    await within(LEAVE_WITHIN, this.leave()).catch(() => undefined);
    await end();
  }

  async admit(): Promise<void> {
    // What a bootstrap may have left behind, if the agent ended during it: no client is let in while it is on.
    await this.root.run("SET GLOBAL group_replication_bootstrap_group = OFF");
    await this.root.run("SET GLOBAL offline_mode = OFF");
  }

  async reconcile(role: Role, replicas = 1): Promise<void> {
    await this.compareSettings();
    await this.unverified.say(replicas);
    try {
      // Before the accounts: a server that crashes starts with what is written there.
      await this.initFile.write();
      if (role === "primary") await this.reconcileAccounts();
      await this.groupPassword.reconcile();
      await this.formerSessions.reconcile();
    } finally {
      // Neither waits for the other to be in order.
      await this.useCertificate();
    }
  }

  /** Says what is in force otherwise than the option file asks for. A server that cannot be asked now is asked again. */
  private async compareSettings(): Promise<void> {
    if (performance.now() - this.comparedAt < COMPARE_EVERY) return;
    this.comparedAt = performance.now();
    const file = await readIfThere(this.optionFile);
    if (file === undefined) return;
    const rows = await this.root.run(VARIABLES_QUERY).catch(() => undefined);
    if (rows === undefined) return;
    const variables = rows.map((row) => ({
      name: text(row["name"]),
      value: text(row["value"]),
      source: text(row["source"]),
    }));
    this.said.say(settingsTrouble(file, variables));
  }

  private async reconcileAccounts(): Promise<void> {
    try {
      await this.accounts.reconcile();
      this.notices.set("accounts", undefined);
    } catch (error) {
      this.notices.set("accounts", {
        severity: "problem",
        text: `accounts are not as the Secret says: ${messageOf(error)}`,
      });
      throw error;
    }
  }

  /** Not in the binary log: each member has its own files. https://dev.mysql.com/doc/refman/8.4/en/alter-instance.html */
  private async useCertificate(): Promise<void> {
    await this.certificate.reconcile(() => this.root.run("ALTER INSTANCE RELOAD TLS"));
  }

  /** With a certificate that is not valid, a group would refuse the connection to itself, by which it begins. */
  private async bootstrapGroup(cluster: string, replicas = 1): Promise<void> {
    const start = (): Promise<void> => this.startGroup(cluster, [], true);
    await this.unverified.end();
    await this.useCertificate();
    await (this.certificate.isValid ? start() : this.unverified.bootstrap(start, replicas));
  }

  private async joinGroup(cluster: string, seeds: readonly Reached[]): Promise<void> {
    await this.unverified.end();
    await this.startGroup(cluster, seeds, false);
  }

  private async startGroup(cluster: string, seeds: readonly Reached[], found: boolean): Promise<void> {
    const set = async (name: string, value: string | number): Promise<void> => {
      await this.root.run(`SET GLOBAL group_replication_${name} = ?`, [value]);
    };
    await this.root.run("SET GLOBAL offline_mode = ON");
    // The group's other members verify it before this one serves.
    await this.useCertificate();
    await set("group_name", cluster);
    // Addresses, not names: those of a pod that was restarted lead to its former self for seconds.
    await set("local_address", endpoint(this.self));
    await set("advertise_recovery_endpoints", endpoint(this.self));
    await set("group_seeds", seeds.map(endpoint).join(","));
    // The lowest ordinal is elected first, as it is the last that a rolling update stops.
    await set("member_weight", Math.max(1, 100 - this.self.ordinal));
    await this.groupPassword.give();
    try {
      // Said each time: left on by a bootstrap that was cut off, it would bootstrap a second group.
      await set("bootstrap_group", found ? "ON" : "OFF");
      await this.root.runLong("START GROUP_REPLICATION");
    } finally {
      if (found) await set("bootstrap_group", "OFF");
    }
  }

  private async clone(donor: Reached): Promise<void> {
    const password = await readPassword(this.credentials, PASSWORD_FILES.replication);
    // CLONE takes no IPv6 address. Other addresses hold at once, while names lead to a pod's former self for seconds.
    const source = donor.address.includes(":") ? donor.host : donor.address;
    await this.root.run("SET GLOBAL clone_valid_donor_list = ?", [`${source}:${MYSQL_PORT}`]);
    // CLONE drops what is there, which a read-only server refuses; clients are out all the while.
    await this.root.run("SET GLOBAL super_read_only = OFF");
    try {
      await this.root.runLong(`CLONE INSTANCE FROM ?@?:${MYSQL_PORT} IDENTIFIED BY ? REQUIRE SSL`, [
        REPLICATION_USER,
        source,
        password,
      ]);
    } catch (error) {
      if (!isRestart(error)) {
        await this.root.run("SET GLOBAL super_read_only = ON").catch(() => undefined);
        throw error;
      }
    }
    await this.cloned();
  }

  /** Waits for the server's restart and reads how the clone ended. */
  private async cloned(): Promise<void> {
    const end = monotonic() + RESTART_WITHIN;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const rows = await this.root
        .run("SELECT state, error_no AS code, error_message AS message FROM performance_schema.clone_status")
        .catch(() => undefined);
      const state = text(rows?.at(0)?.["state"]);
      if (state === "Completed") return;
      if (state === "Failed") throw new Error(`clone failed: ${text(rows?.at(0)?.["message"])}`);
      if (monotonic() > end) throw new Error("the server did not come back after it was cloned to");
    }
  }

  private async members(): Promise<GroupMember[]> {
    const rows = await this.root.run(
      `SELECT member_id AS id, member_host AS host, member_state AS state, member_role AS role
         FROM performance_schema.replication_group_members`,
    );
    return rows.map((row: Row) => ({
      id: text(row["id"]),
      host: text(row["host"]),
      state: text(row["state"]),
      role: text(row["role"]),
    }));
  }
}

/** Whether an error is the restart that ends a clone: the connection breaks. */
function isRestart(error: unknown): boolean {
  const { code } = error as { code?: string };
  return ["PROTOCOL_CONNECTION_LOST", "ECONNRESET", "EPIPE", "ER_SERVER_SHUTDOWN"].includes(code ?? "");
}

/** Where a member's server listens, as an option's value. */
function endpoint({ address }: Reached): string {
  return address.includes(":") ? `[${address}]:${MYSQL_PORT}` : `${address}:${MYSQL_PORT}`;
}

/** What is said of a server whose socket takes a connection, and which says nothing on it. */
const NO_GREETING = "the server takes connections and says nothing on them";

/** Whether nothing came on a connection that was made: a server that only starts refuses it. */
function isUnanswered(error: unknown): boolean {
  return (error as { code?: string }).code === "ETIMEDOUT";
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
