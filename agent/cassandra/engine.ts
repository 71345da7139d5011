import { CASSANDRA_TOPOLOGY } from "../../components/cassandra/topology";
import { sayingOfAccounts } from "../core/account-notice";
import { ComparedSettings } from "../core/compared-settings";
import type { Clock } from "../core/clock";
import type { Credentials } from "../core/credentials";
import type {
  BootstrapPlan,
  Decommission,
  Engine,
  Reached,
  Repair,
  ServerStatus,
  StartContext,
} from "../core/engine";
import type { Limits } from "../core/limits";
import { messageOf } from "../core/log";
import type { Notices } from "../core/notices";
import { readIfThere } from "../core/record";
import type { Supervisor } from "../core/supervisor";
import type { Certificate } from "../core/tls";
import type { Login, Ordinal, Refusal, Report, Role } from "../core/types";
import type { MemberServices } from "../kube/member-services";
import type { Accounts } from "./accounts";
import { canLogIn, Denied, type LocalServer, type Row } from "./client";
import { DECOMMISSION, RingDecommission } from "./decommission";
import type { FormerSessions } from "./former-sessions";
import { SETTINGS_QUESTION, settingsTrouble } from "./in-force";
import { cassandraPolicy } from "./policy";
import { isTornLog, refusalFrom } from "./refusal";
import type { Rack } from "./rack";
import type { Recognition } from "./recognition";
import type { Repairs } from "./repairs";
import { type Ring, RING_QUESTIONS, type RingLook } from "./ring";
import type { StartFiles } from "./settings";
import type { RingStanding } from "./standing";
import { RingStarts } from "./starts";
import { RunningStatements } from "./statements";
import { statusFrom } from "./status";
import { untilDone } from "../core/until-done";
import { OPEN_WAY_IN, WayIn } from "./way-in";

/** How long the first member of a ring may take to start, ms: it waits half a minute for others to tell of themselves. */
const FOUNDED_WITHIN = 300_000;

/** A server that has said nothing for 18 s counts as away by `phi_convict_threshold: 8`; ms. */
const AWAY_AFTER = 20_000;

/** Writing what is in memory to the disk takes as long as that is slow. */
const LIMITS: Limits = {
  switchover: 15_000,
  stop: 60_000,
  leave: 15_000,
  volume: { hung: 8_000, doubtful: 3_000 },
};

/** It answers, and its ring is not one yet. */
const OUTSIDE: ServerStatus = {
  process: "running",
  member: "offline",
  role: "none",
  detail: "the ring's accounts and copies are not made yet",
};

/**
 * It replays its log but for what it cannot read. With `commitlog_sync: group` that was acknowledged to nobody: a write is when it is on the
 * disk. To give up all that the member has for it would take a copy of every row away.
 */
const WITHOUT_TORN = ["-Dcassandra.commitlog.ignorereplayerrors=true"];

/** It has left the ring. */
const DEPARTED: ServerStatus = {
  process: "running",
  member: "offline",
  role: "none",
  departed: true,
  detail: "it has handed over what it held, and left the ring",
};

/** There is nobody else whose word could be waited for, and who could have made the first account. */
const ALONE = ["-Dcassandra.superuser_setup_delay_ms=0", "-Dcassandra.skip_wait_for_gossip_to_settle=0"];

/** What a member is made of. */
export interface CassandraParts {
  self: Reached;
  server: LocalServer;
  supervisor: Supervisor;
  services: Pick<MemberServices, "address">;
  startFiles: StartFiles;
  accounts: Accounts;
  formerSessions: FormerSessions;
  repairs: Repairs;
  ring: Ring;
  rack: Rack;
  recognition: Recognition;
  standing: RingStanding;
  credentials: Credentials;
  certificate: Certificate;
  notices: Notices;
  /** What is known of all members at this moment. */
  members: () => readonly Report[];
  /** What the component asks for. */
  settingsFile: string;
  clock: Clock;
}

/** A member of a ring of equals. */
export class CassandraEngine implements Engine {
  readonly policy = cassandraPolicy;
  readonly topology = CASSANDRA_TOPOLOGY;
  readonly limits = LIMITS;
  readonly restartedBy = "script";
  readonly decommission: Decommission;
  readonly repair: Repair = {
    awayAfter: AWAY_AFTER,
    run: () => this.parts.supervisor.request("repair"),
  };
  readonly steps = { [OPEN_WAY_IN]: () => this.wayIn.open() };
  readonly statements: RunningStatements;
  private readonly wayIn: WayIn;
  private readonly starts: RingStarts;
  private readonly settings: ComparedSettings<string, Row[]>;
  private look: RingLook | undefined;
  /** A certificate has been written that the server has not read. */
  private unread = false;
  /** Its server has refused to start because of its log. */
  private torn = false;

  constructor(private readonly parts: CassandraParts) {
    this.settings = new ComparedSettings(parts.notices, parts.clock, {
      wanted: async () => readIfThere(parts.settingsFile),
      present: async () => parts.server.run(SETTINGS_QUESTION),
      trouble: settingsTrouble,
    });
    this.wayIn = new WayIn(parts);
    this.starts = new RingStarts(parts);
    this.statements = new RunningStatements(parts.server);
    this.decommission = new RingDecommission({
      server: parts.server,
      supervisor: parts.supervisor,
      look: () => this.look,
      addresses: () => this.starts.addresses(),
      members: parts.members,
    });
  }

  /** It has no history of which one part could be compared with another. */
  isPosition(): boolean {
    return false;
  }

  async prepareStart(context: StartContext): Promise<void> {
    const started = await this.starts.prepare(context);
    await this.parts.supervisor.setArguments(context.begins !== true && this.torn ? WITHOUT_TORN : started);
  }

  async probe(): Promise<ServerStatus> {
    const { server, ring, accounts, standing } = this.parts;
    const { wayIn } = this;
    try {
      if (await wayIn.isOpen()) return { ...OUTSIDE, detail: "it is given its agents' password" };
      const addresses = await this.starts.addresses();
      const ordinals = new Map([...addresses].map(([ordinal, address]) => [address, ordinal]));
      const [local, peers, gossip] = await Promise.all([
        server.run(RING_QUESTIONS.local),
        server.run(RING_QUESTIONS.peers),
        server.run(RING_QUESTIONS.gossip),
      ]);
      wayIn.isShut(false);
      if (!(await accounts.isFounded())) return OUTSIDE;
      this.look = ring.look({ local, peers, gossip }, ordinals);
      const status = statusFrom(this.look, await accounts.isAdmitted());
      standing.refresh(ordinals);
      return {
        ...status,
        ...(status.member === "online" ? { outside: outsideOf(this.look, ordinals) } : {}),
        ...(standing.last && status.member === "online" ? { standing: standing.last } : {}),
      };
    } catch (error) {
      this.look = undefined;
      const detail = messageOf(error);
      if (error instanceof Denied) {
        const lockedOut = wayIn.isShut(true);
        return { ...OUTSIDE, lockedOut, detail: `it does not let its agent in: ${detail}` };
      }
      if (await this.hasDeparted()) return DEPARTED;
      return { process: "starting", member: "offline", role: "none", detail };
    }
  }

  async bootstrap({ cluster, fresh, replicas = 1 }: BootstrapPlan): Promise<void> {
    const { supervisor, server, accounts, clock, notices } = this.parts;
    if (fresh) {
      await supervisor.halt();
      await supervisor.discard();
    }
    this.parts.ring.begun();
    await this.starts.prepareFounding(cluster);
    await supervisor.setArguments(ALONE);
    await supervisor.order("init");
    await untilDone(async () => accounts.found(server.place, replicas), {
      clock,
      within: FOUNDED_WITHIN,
      failed: (error) => {
        const text = `the ring is not begun yet: ${messageOf(error)}`;
        notices.set("founding", { severity: "notice", text });
      },
    });
    notices.set("founding", undefined);
  }

  async admit(): Promise<void> {
    if (this.isCaretaker()) await this.parts.accounts.admit();
  }

  /** The server does in good order what is to be done, once it is told to end. */
  async prepareStop(): Promise<void> {
    await this.parts.server.close();
  }

  async abandon(end: () => Promise<void>): Promise<void> {
    await end();
  }

  async explain(log: string): Promise<Refusal | undefined> {
    const refusal = refusalFrom(await this.parts.credentials.hide(log));
    this.torn = refusal !== undefined && isTornLog(refusal);
    return refusal;
  }

  async reconcile(role: Role): Promise<void> {
    const {
      supervisor,
      accounts,
      formerSessions,
      repairs,
      certificate,
      startFiles,
      notices,
      rack,
      recognition,
    } = this.parts;
    // On an emptied disk it would begin as it began then: who began the ring, with another one.
    await supervisor.hasBegun();
    await this.mended();
    await this.settings.compare();
    await rack.compare();
    recognition.compare(this.look?.view);
    await accounts.renewAgent();
    if (role !== "none" && this.isCaretaker()) {
      await sayingOfAccounts(notices, async () => {
        await accounts.reconcile();
        await formerSessions.reconcile();
      });
      await repairs.look();
    } else {
      accounts.resign();
      repairs.resign();
    }
    await certificate.reconcile(async () => {
      // By itself the server looks for another one every ten minutes.
      this.unread ||= await startFiles.writeCertificate();
      if (this.unread) await supervisor.request("reloadssl");
      this.unread = false;
    });
  }

  async letsIn(login: Login): Promise<boolean> {
    return await canLogIn(this.parts.server.place, login);
  }

  /** What lies in the ring is seen to by one: the lowest of those that are up. */
  private isCaretaker(): boolean {
    return this.look?.view.online[0] === this.parts.self.ordinal;
  }

  /** A later start is to tell of a torn log again. */
  private async mended(): Promise<void> {
    const { supervisor, notices } = this.parts;
    const given = await supervisor.arguments();
    if (!WITHOUT_TORN.every((one) => given.includes(one))) return;
    await supervisor.setArguments([]);
    this.torn = false;
    notices.set("torn log", {
      severity: "notice",
      text: "its log was torn, as by a full disk, and it has started without that part: the ring's next repair mends what this member lacks",
    });
  }

  /** The server, which answers nobody after that, does not end by itself. */
  private async hasDeparted(): Promise<boolean> {
    return (await this.parts.supervisor.wasDone(DECOMMISSION)) === true;
  }
}

/** Who has just begun to look does not know who was about to join before. */
function outsideOf({ outside, view, isNew }: RingLook, ordinals: ReadonlyMap<string, Ordinal>): Ordinal[] {
  return isNew ? [...ordinals.values()].filter((ordinal) => !view.members.includes(ordinal)) : outside;
}
