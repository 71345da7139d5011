import type { Topology } from "../../components/protocol/topology";
import type { Replication } from "./election/replication";
import type { ExporterLogin } from "./exporter";
import type { Limits } from "./limits";
import type { Policy } from "./policy";
import type { Statements } from "./slow-queries";
import type {
  Distance,
  EngineStatus,
  Login,
  Orders,
  Ordinal,
  Reached,
  Refusal,
  Relation,
  Role,
  View,
} from "./types";

export type { Peer, Reached } from "./types";

/** What an engine tells of its server; what lies on the disk is the core's to know. */
export type ServerStatus = Omit<EngineStatus, "data" | "full" | "stalled" | "failures" | "refusal">;

/** How a cluster begins, or begins anew. */
export interface BootstrapPlan {
  cluster: string;
  /** What is on the disk is worthless. */
  fresh: boolean;
  /** The size of the set, as far as it is known. */
  replicas: number | undefined;
  /** An operator gave up the others, so that it serves without them. */
  alone?: boolean;
  /** What the marker says. @default nothing */
  orders?: Orders;
  /** It is fresh, and what is on the disk was restored: a server of the engine's runs on it, or has ended in good order. */
  restored?: boolean;
}

/** What a start of the server is prepared from. */
export interface StartContext {
  /** The last membership that is known, for what an engine has lost that elects by itself. */
  last?: View | undefined;
  /** The size of the set, as far as it is known. */
  replicas?: number | undefined;
  /** The cluster that its data is of or, where there is none, that it is to become a member of. */
  cluster?: string | undefined;
  /** What the marker says. @default nothing */
  orders?: Orders | "unknown";
  /** It begins with an empty directory. */
  begins?: boolean;
  /** It is nobody's member, and has little memory. */
  apart?: boolean;
}

/** Members become part of a cluster, and leave it, by their agents' doing. Without it the engine sees to that. */
export interface Membership {
  /** Makes the server, with data that the cluster has too, one of its members. Clients stay locked out until `admit`. */
  join(cluster: string, seeds: Reached[]): Promise<void>;
  /** Ends the membership, healthy or failed: the others go on as a smaller cluster. Clients are locked out. */
  leave(): Promise<void>;
}

/** A member can leave for good, the others having what it held. Without it, its pod is taken away as it is. */
export interface Decommission {
  /** Why the first `size` members cannot do without the rest, as a sentence for people; nothing where they can. */
  refusal(size: number): Promise<string | undefined>;
  /** Hands over what this member holds. Returns when the others have it, and the member is in its cluster no more. */
  run(): Promise<void>;
}

/** Members compare what they hold, before one takes the place of a lost one. Without it nobody waits for that. */
export interface Repair {
  /** How long a server takes to count one that has ended as away, ms. Before, it would wait for that one's answer. */
  readonly awayAfter: number;
  /** Compares all that this member holds with what the others that are up hold of it, and gives each what it lacks. */
  run(): Promise<void>;
}

/** Agents have an empty disk copied. Without it the engine sees to that when the server starts. */
export interface Copy {
  from(donor: Reached): Promise<void>;
}

/** What one member has can be compared with what another has: two values of `EngineStatus.position`. */
export interface History {
  readonly compare: (own: string, other: string) => Relation;
}

/** A member that comes late gets what it lacks from others' logs, as far as they go back. */
export interface Logs {
  /** Whether a member at `own` can get what it lacks from `donor` without a full copy. */
  readonly canCatchUp: (own: string, donor: string) => boolean;
}

/**
 * How far a member is behind the primary, in the engine's own measure.
 *
 * @param own - its `EngineStatus.position`, found after the primary's: what happened meanwhile is no lag.
 * @returns nothing where the two do not compare.
 */
export type Lag = (own: string, primary: string) => Distance | undefined;

/** Another member can be made the primary. */
export interface Switchover {
  /** Called on the primary. Returns when the other one is it, or rejects. */
  to(target: Ordinal): Promise<void>;
}

/** How positions in an engine's log are put together and compared: texts in its own notation. */
export interface Positions {
  /** Whether all of `part` is in `whole`. */
  readonly contains: (whole: string, part: string) => boolean;
  /** All that is in either. */
  readonly unite: (one: string, other: string) => string;
}

/** A stretch of a log file, to be stored. */
export interface Stretch {
  file: string;
  /** Tells the file from another one of the same name. */
  head: string;
  /** Bytes of it. */
  from: number;
  to: number;
  /** What must be there for it to be replayed, and what is there afterwards. */
  before: string;
  after: string;
  /** When the first and the last of its transactions were committed, µs since 1970, as far as it tells. */
  first?: number;
  last?: number;
}

/** Log that was not stored and is not there any more. */
export interface LogHole {
  hole: true;
  /** Where the log begins. */
  after: string;
  /** What is missing was committed before, ms since 1970. */
  until: number;
}

/** The log can be stored elsewhere, and replayed. */
export interface Archive {
  readonly positions: Positions;
  /** All that is committed. */
  position(): Promise<string>;
  /** Where the log begins. */
  begin(): Promise<string>;
  /**
   * What is stored next; `undefined` when all is that was committed when this was called.
   * @param archived - what is stored.
   * @param stored - stretches that are, by which none is stored again.
   */
  next(archived: string, stored: readonly Stretch[]): Promise<Stretch | LogHole | undefined>;
  /** Bytes of a stretch's file. */
  read(stretch: Stretch, from: number, bytes: number): Promise<Buffer>;
  /** How much of the volume logs take that are not stored, bytes. */
  backlog(archived: string): Promise<number>;
  /** Gives up the oldest logs that are not stored, until at most `bytes` are left. @returns whether it gave up any */
  release(archived: string, bytes: number): Promise<boolean>;
  /** Has the server remove what it was let go, now; absent where it does so by itself. */
  remove?(): Promise<void>;
  /** What of the volume its files take that the server will write over next, bytes: to a log it is as good as free. @default nothing */
  spare?(): Promise<number>;
  /** Tells the server what is stored, where it waits for that. */
  acknowledge?(archived: string): Promise<void>;
  /** Deletes logs that are stored, and older than the engine keeps them for its members. */
  expire(archived: string): Promise<void>;
  /** Whether logs are kept until they are stored, whatever their age. */
  keep(wanted: boolean): Promise<void>;
}

/** A member that a full copy can be taken from. */
export interface Source extends Reached {
  role: Role;
}

/** Full copies are made by a server that belongs to nobody: it has a member copied, is looked at, and ends. */
export interface Copies {
  readonly positions: Positions;
  /** Starts the server on an empty directory, apart from every cluster. Returns when it answers. */
  begin(): Promise<void>;
  /** Whom to copy: a replica that is close enough behind, or the primary. Rejects when there is nobody. */
  choose(sources: readonly Source[], preferPrimary: boolean): Promise<Source>;
  /** Has it copied. @default the engine's `copy` */
  from?(member: Reached): Promise<void>;
  /** All that is in its data. */
  position(): Promise<string>;
  /** The server's version. */
  version(): Promise<string>;
  /** Reads all data. @throws Error that says what is broken. */
  verify(): Promise<void>;
  /** The first column of the first row that a query comes to, as text; `undefined` without a row, or where it is null. */
  answer(query: string): Promise<string | undefined>;
  /** Ends the server in good order, and takes out of its directory what is this one's alone. */
  finish(directory: string): Promise<void>;
}

/** A transaction of a log. */
export interface Logged {
  /** It alone, as a position. */
  transaction: string;
  /** What the engine calls it. @default its position */
  name?: string;
  /** What lies before it in its stretch of the log, as a position. @default the transactions before it, and nothing else */
  before?: string;
  /** µs since 1970 */
  committed: number;
}

/** What is replayed on a copy. */
export interface ReplayPlan {
  /** How many files were laid. */
  files: number;
  /** The first transaction that must not be there. */
  before: string | undefined;
  /** What must be there in the end. */
  position: string;
}

/** Logs that were stored are replayed on a copy by the local server. */
export interface Replay {
  readonly positions: Positions;
  /** The transactions of a stretch of log, in their order. It comes in parts, cut anywhere: all of it may be more than fits. */
  logged(log: AsyncIterable<Buffer>, stretch: Stretch): AsyncIterable<Logged>;
  /** Whether a stretch may hold a transaction of that name. @default whether it is in the position after it */
  mayHold?(stretch: Stretch, name: string): boolean;
  /** What a file of the log begins with, of its first part. Absent where a file is read without its beginning. */
  heading?(log: Buffer): Buffer;
  /**
   * Adds log to the files to be replayed, in a directory with a copy.
   * @param file - the one at whose end it is added, from 1: another one for each run of stretches.
   * @param at - where in the stretch it begins, bytes; undefined for a heading.
   */
  lay(directory: string, file: number, log: Buffer, stretch: Stretch, at: number | undefined): Promise<void>;
  /** All of them are there. */
  laid(directory: string, files: number): Promise<void>;
  /** Starts the server on the copy, with everybody locked out. Returns when it answers. */
  begin(): Promise<void>;
  /** Replays what was laid. @returns the position that the server says it is at */
  run(plan: ReplayPlan): Promise<string>;
  /** Starts the server once more, as it is to run: what was replayed is on the disk then. */
  finish(): Promise<void>;
}

/** A new database can begin as a copy of another one, and follow that. */
export interface Follow {
  /** Whether it is asked for. */
  wanted(): Promise<boolean>;
}

/** What an engine may have. What it has not, is absent, and nothing is done that needs it. */
export interface Capabilities {
  readonly membership?: Membership;
  readonly copy?: Copy;
  readonly decommission?: Decommission;
  readonly repair?: Repair;
  readonly history?: History;
  readonly logs?: Logs;
  readonly lag?: Lag;
  readonly switchover?: Switchover;
  readonly archive?: Archive;
  readonly copies?: Copies;
  readonly replay?: Replay;
  readonly statements?: Statements;
  readonly follow?: Follow;
  /** The agents elect its primary. Without it the engine, or what governs it, does. */
  readonly replication?: Replication;
  /** Steps that only this engine has, by their names in its policy's rules. `members`: those that answer. */
  readonly steps?: Readonly<Record<string, (members: Reached[]) => Promise<void>>>;
}

/**
 * What an engine supplies. Each method does one thing with the local server and returns when it is
 * done; deciding when to do it is its policy's part. All may reject: the core logs it, looks again, and
 * decides anew.
 */
export interface Engine extends Capabilities {
  readonly policy: Policy;
  /** Whose addresses the agents write, and who labels the pods. */
  readonly topology: Topology;
  readonly limits: Limits;
  /** Who starts a server again that has ended: the script in its container, or the engine behind the script's back. */
  readonly restartedBy: "script" | "engine";
  /** Looks at the local server. Never rejects for a server that is down: that is a status. */
  probe(): Promise<ServerStatus>;
  /** Rejects, before the right to bootstrap is taken, when the engine knows of a primary that runs. */
  checkBootstrap?(): Promise<void>;
  /** Begins a cluster with this member alone. Clients stay locked out until `admit`. */
  bootstrap(plan: BootstrapPlan): Promise<void>;
  /**
   * Runs an operator's SQL in what was just bootstrapped from nothing, each text by itself, as administrator and for the
   * application: before anybody is let in. Rejects with the place of what fails. Absent where there is no SQL.
   */
  initialize?(statements: readonly string[]): Promise<void>;
  /** Does in good order what is to be done before the server is stopped. */
  prepareStop(): Promise<void>;
  /**
   * Gives the membership up at once, because the volume takes no more writes: another member is to take over. What needs
   * the volume never ends. Called again until it succeeds.
   * @param end - ends the server and all that belongs to it: none of it does anything any more when this returns.
   */
  abandon(end: () => Promise<void>): Promise<void>;
  /**
   * Why the server does not start; `undefined` where that does not tell.
   * @param log - the last of what it said since it was started.
   */
  explain(log: string): Promise<Refusal | undefined>;
  /** Lets clients in. Called when the cluster that the member is in is known to be the right one. */
  admit(): Promise<void>;
  /**
   * Makes a member that serves match what it is wanted to be: its certificate and, on the primary, accounts, databases
   * and shared settings.
   * @param replicas - the size of the set; `undefined` while it has never been known.
   */
  reconcile(role: Role, replicas: number | undefined): Promise<void>;
  /** The engine's usual exporter beside the server, where the database has one. @default the engine has none */
  readonly exporter?: ExporterLogin;
  /**
   * Sees, beside the looks and more often, to what cannot wait for them. Goes on as long as the process runs.
   * @param hurry - has the next look come at once: there is something that the others are to know, or to be asked.
   */
  accompany?(hurry: () => void): Promise<never>;
  /** Told of what the marker says, each time that it is looked at and known. */
  heed?(orders: Orders): void;
  /** Whether the local server lets somebody in. @default whoever the mounted Secret has, once `reconcile` returned */
  letsIn?(login: Login): Promise<boolean>;
  /** Whether a text from elsewhere is a value of `EngineStatus.position`: another version may write it otherwise. */
  isPosition(text: string): boolean;
  /** Prepares what the server reads when it starts. */
  prepareStart(context: StartContext): Promise<void>;
}
