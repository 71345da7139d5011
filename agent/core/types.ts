/**
 * The agent's vocabulary. Nothing here knows which engine it looks after: an engine describes itself
 * in these terms, and the decisions are made from them alone. What of it other members tell is read in `read-report.ts`:
 * to a member of an earlier version, one that uses a new word in place of an old one does not answer.
 */
import type { FollowState } from "../../components/protocol/follow";
import type { Role } from "../../components/protocol/topology";

export type { Role };

/** A member's place in its StatefulSet: the number at the end of its pod's name. */
export type Ordinal = number;

/** A member as another one reaches it. */
export interface Peer {
  ordinal: Ordinal;
  /** The pod's stable name, resolvable in the cluster. */
  host: string;
}

/** A member that answered, with the address that it answers on now: names lag behind a pod's restart. */
export interface Reached extends Peer {
  address: string;
}

/**
 * What lies on a member's disk.
 * - `none`: no data directory.
 * - `fresh`: a data directory that was initialised but never held anything of a cluster; worthless.
 * - `data`: content that must not be lost.
 */
export type DataState = "none" | "fresh" | "data";

/** The server process: not running, on its way up (or recovering from a crash), or answering. */
export type ProcessState = "stopped" | "starting" | "running";

/**
 * The member's standing in its cluster.
 * - `offline`: in no cluster.
 * - `joining`: let in, catching up.
 * - `online`: a full member of a cluster that has its quorum.
 * - `blocked`: in a cluster that has lost its quorum; cannot commit.
 * - `failed`: was put out of the cluster, and has stopped accepting writes.
 */
export type MemberState = "offline" | "joining" | "online" | "blocked" | "failed";

/** A membership that the engine's own consensus agreed on. */
export interface View {
  /** Counts the views since the cluster was last bootstrapped; a later view has a higher number. */
  number: number;
  /** Everyone in it, reachable or not. */
  members: Ordinal[];
  /** Those that are full members and can be reached. */
  online: Ordinal[];
  /** Who accepts writes, when it is known. */
  primary?: Ordinal;
  /** What the engine's election goes by, in its own notation: kept in case the engine's own copy is lost. */
  election?: string;
}

/** What `Engine.probe` finds. */
export interface EngineStatus {
  process: ProcessState;
  data: DataState;
  member: MemberState;
  role: Role;
  /** The membership as this member sees it; absent outside a cluster. */
  view?: View;
  /** How far this member's data goes, in the engine's own notation; only its `compare` reads it. */
  position?: string;
  /** Whether clients are let in. */
  admitted?: boolean;
  /** The volume is full: nothing can be written until it grows or is cleared. */
  full?: boolean;
  /** For how long the volume has taken no write, ms; absent while it takes them. */
  stalled?: number;
  /** How often in a row the server ended without ever having answered. */
  failures?: number;
  /** Why the server does not start, as far as it has said so. */
  refusal?: Refusal;
  /** One line for people: an error, the progress of a clone. */
  detail?: string;
  /** The server hangs: it must be killed when that lasts. */
  hung?: Hung;
  /** It has handed over what it held, and is in its cluster no more: what is on its disk counts for nothing. */
  departed?: boolean;
  /** Its data has another password for the agents than their Secret, and has had for some time. */
  lockedOut?: boolean;
  /** How it stands in its ring, for people. */
  standing?: Standing;
  /** Of a ring: who is no member of it and, as far as this one knows, is or was a short while ago about to become one. */
  outside?: Ordinal[];
  /** It copies what the database's source writes, for all members; none of them takes writes. */
  following?: Following;
  /** Nobody can write to it, and no session that could is left: why, as the marker says it. */
  fenced?: string;
  /**
   * It receives nothing from the primary whose lock has this version, and will not until it has another one: so that primary acknowledges
   * nothing by this member.
   */
  detached?: string;
  /** By which servers know each other, where they do so by keys that they read when they start. */
  keys?: KeyPrints;
}

/** How a database that is a copy of another one stands to that. */
export interface Following {
  /** Where its source is, for people. */
  source: string;
  /** What the source writes comes in. */
  streaming: boolean;
  /** Why not, as far as that is known. */
  trouble?: string;
  /** What of the source's log that it last told of is not read yet; `seconds`: how old the newest change is that was read, 0 where none is lacking. */
  behind?: Behind;
}

/** A server's keys, as members tell each other of them: prints, from which nobody finds a key. */
export interface KeyPrints {
  /** Those by which it believes others. */
  believed: string[];
  /** For how long a start would have given it others, ms; absent where it would not. */
  dueFor?: number;
}

/** How a member of a ring stands in it. */
export interface Standing {
  /** Part of the rows of the application's keyspace that it has copies of, whole percent. */
  share: number;
  /** Files of writes that it keeps for members that were away. */
  hints: number;
  /** When the last repair of its part ended, ms since 1970; absent where none did. */
  repaired?: number;
  /** The racks that members are in, by ordinal, as far as this one knows them. */
  racks?: Record<string, string>;
  /** Keyspaces of which each row is on one member alone: some of them, where there are many. */
  single?: string[];
}

/** A server that hangs. */
export interface Hung {
  reason: string;
  /** How long it may last, ms. */
  patience: number;
  /** With this it is killed only where nobody loses by it: the others go on without it, or there are none. */
  unless?: "unreplaced";
}

/** Why a server does not start. */
export interface Refusal {
  /** Its own words; never a secret. */
  words: string;
  /**
   * What it blames; absent where its words do not tell.
   * - `data`: it has read the data, and calls it broken.
   * - `settings`: it would not start on any data.
   */
  blames?: "data" | "settings";
}

/** What a member remembers on its own disk, beside the data directory. */
export interface MemberRecord {
  /** The cluster that the data belongs to; absent while it belongs to none. */
  cluster?: string;
  /** `fresh` and `cloning`: the data directory is worthless. `member`: it is not. */
  stage: "fresh" | "cloning" | "member";
  /** How often the cluster had been bootstrapped when this member last belonged to it. */
  epoch: number;
  /** The last membership that this member took part in. */
  view?: View;
  /** It left that membership in good order, so the others may have gone on without it. */
  left?: boolean;
  /** The epoch that this member is bootstrapping; what it bootstrapped counts for nothing until confirmed. */
  unconfirmed?: number;
  /**
   * How far the SQL is that the database begins with (`initial.ts`), while this member bootstraps it: what was begun and is not
   * done is of no use. `none`: there is to be none, since the data came from elsewhere.
   */
  initial?: "begun" | "done" | "none";
  /** It left its cluster for good, and the others have what it held. */
  departed?: boolean;
  /** What the marker last said of it, for when that is lost. */
  follows?: FollowState;
  /** The size of the set when it was last known, for when the API server cannot be asked. */
  replicas?: number;
}

/** How far one position is behind another, in the engine's own measure. */
export interface Distance {
  amount: number;
  unit: "transactions" | "bytes" | "seconds";
}

/** How far a replica is behind the primary. */
export interface Behind extends Distance {
  /** How old the oldest change is that it lacks; 0 when it lacks none. To about half a second: as often as it is looked. */
  seconds: number;
}

/** The application's user with its password. */
export interface Login {
  user: string;
  password: string;
}

/** What a member's agent tells the others when asked. */
export interface Report {
  /** The set that the member is of, `<namespace>/<name>`: addresses pass from pod to pod. */
  set: string;
  ordinal: Ordinal;
  /** The pod's address, for routing. */
  address: string;
  status: EngineStatus;
  record?: MemberRecord;
  /** How far it is behind the primary, for people; absent where that is not known, or it is the primary. */
  lag?: string;
  /** The same in numbers. */
  behind?: Behind;
  /** The application's login that its server accepts, by what stands for it among members. */
  login?: string;
  /** The same of further users, by their names. */
  users?: Record<string, string>;
  /** What is free of its volume, bytes. */
  free?: number;
  /** Its disk is empty: stands for this one loss among the members of a ring (`losses.ts`). */
  vacancy?: string;
  /** Vacancies of other members since which it has compared its copies with those that are left. */
  repaired?: string[];
  /** What the agent is doing at the moment. */
  activity: Activity;
  /** It is being stopped: no candidate for anything. */
  stopping: boolean;
}

/** A longer task of the agent. `idle` is none. */
export type Activity = "idle" | "founding" | "joining" | "cloning" | "leaving" | "starting";

/** How the data of one member relates to that of another. */
export type Relation = "equal" | "behind" | "ahead" | "diverged";

/** The object in the Kubernetes API that says whether a cluster exists, and who may bootstrap it. */
export interface Marker {
  /** The cluster's identity: given once, kept for good. */
  cluster: string;
  /** How often it was bootstrapped: 1 at its creation (more where a marker was deleted), one more after each full outage. */
  epoch: number;
  /** It is being bootstrapped for the first time: nobody was ever let in. */
  first?: true;
  /** With `first`: every member had answered that its disk is empty, so that the right may pass on without its holder. */
  empty?: true;
  /** `founding`: the holder may bootstrap it, nobody else. `running`: it was bootstrapped in this epoch. */
  phase: "founding" | "running";
  /** The member that has, or used, the right to bootstrap it in this epoch. */
  holder: Ordinal;
  /** The last membership that a primary wrote down. */
  view?: View;
  /** What an operator wants of a ring, as it was written: to have so many members, the others gone (`scale-in.ts`). */
  scaleInTo?: string;
  /** An operator's word that the member of this vacancy need not wait for a repair (`losses.ts`). */
  joinUnrepaired?: string;
  /** An operator's choice, as it was written: found it from this member's data, whatever the others have (`choice.ts`). */
  recoverFrom?: string;
  /** UID of the pod that replaces itself, or did so last (`rollout.ts`): no other one begins before it is gone. */
  replacing?: string;
  /** Stands for the SQL that was asked for when it was made; absent where there was none. */
  initial?: string;
  /** It began as a copy of another database. */
  follows?: FollowState;
  /** An operator's word that it is to be promoted, as it was written (`promotion.ts`). */
  promote?: string;
  /** An operator's word that nobody may write to it, as it was written. */
  fenced?: string;
  /** In this epoch it was bootstrapped by an operator's choice: clients are let in before others have its data. */
  alone?: true;
}

/** What the marker asks of an engine. */
export type Orders = Pick<Marker, "follows" | "fenced">;

/** Waiting times, all in milliseconds. */
export interface Timings {
  /** After a full outage: how long to wait for the rest once the last primary and enough others are back. */
  settle: number;
  /** After a full outage: how long to wait for the last primary once enough others are back. */
  grace: number;
  /** How long a right to bootstrap may rest with a member that cannot be reached. */
  claim: number;
  /** How long a divergence must be seen before data is set aside. */
  divergence: number;
}
