import { gunzipSync, gzipSync } from "node:zlib";
import { PROGRAM } from "../../../../components/agents/agent-bundle";
import type { Topology } from "../../../../components/protocol/topology";
import type { EngineName } from "../../../../stacks/engines";
import type { FaultName, LossName } from "../faults/names";
import type { Act } from "./acts";

/** What an issue asks of an engine under a fault, besides that nothing is lost and no two primaries acknowledge. */
export interface Asked {
  /** The longest write gap, s; undefined where no figure is asked. */
  writeGapSeconds?: number;
  /** How many writes may fail after the fault, though their driver tried other members; undefined where no figure is asked. */
  failedWrites?: number;
}

/** What a verdict can find. */
export type Finding = "gap" | "failed" | "lost" | "two primaries" | "not recovered" | "violation";

/** A guarantee that can be switched off, to see that the tool notices. */
export interface Guarantee {
  /** What the guarantee rests on, for the matrix. */
  what: string;
  /** The fault under which it is missed. */
  fault: FaultName;
  /** What must then be found. */
  expected: Finding;
  /** Arguments of the database in the stack file, over those of the measured one. */
  database?: { replicas?: number; settings?: Record<string, number | string> };
  /** Changes a rendered object, where the stack file refuses to. */
  adapt?: (object: Manifest) => void;
}

/** Of every engine with replicas. */
export const TAKEOVER: Guarantee = {
  what: "another member takes over (three replicas, not one)",
  fault: "node-stopped",
  expected: "gap",
  database: { replicas: 1 },
};

/** A guarantee that the tool has no way to show broken. */
export interface NotShown {
  what: string;
  why: string;
}

/** A rendered Kubernetes object. */
export interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
  [key: string]: unknown;
}

/** A change of a server's file, whichever object has it under that key. */
export function inFile(key: string, change: (file: string) => string): (object: Manifest) => void {
  return (object) => {
    const data = object["data"] as Record<string, string> | undefined;
    const file = data?.[key];
    if (object.kind === "ConfigMap" && data !== undefined && file !== undefined) data[key] = change(file);
  };
}

/** A change of the agents' program, which is one long line of minified code. @throws Error where it is not found exactly once */
export function inProgram(pattern: RegExp, replacement: string): (object: Manifest) => void {
  return (object) => {
    const data = object["binaryData"] as Record<string, string> | undefined;
    const packed = data?.[PROGRAM];
    if (object.kind !== "ConfigMap" || data === undefined || packed === undefined) return;
    const program = gunzipSync(Buffer.from(packed, "base64")).toString("utf8");
    const found = program.match(new RegExp(pattern, "g"))?.length ?? 0;
    if (found !== 1) throw new Error(`the agents' program has ${pattern.source} ${found} times, not once`);
    data[PROGRAM] = gzipSync(program.replace(pattern, replacement)).toString("base64");
  };
}

/** Name of the database that the writers write to. */
export function schemaOf({ arguments: own }: Pick<MeasuredEngine, "arguments">): string {
  const given = own?.["database"];
  return typeof given === "string" ? given : "app";
}

/** An engine that is spoken to in SQL. */
export type SqlEngine = MeasuredEngine &
  Required<Pick<MeasuredEngine, "repair" | "accounts" | "mistake" | "largeTransaction">>;

/** How an engine's own client is called: lines of shell that run the statements of their input, and print a line for each row. */
export interface SqlShell {
  /** As the application's user, whose name and password are files of a directory. */
  application: (secrets: string, host: string) => string;
  /** As any user, in the server's container, through the primary's name; the first lines of the input are name and password. */
  user: (host: string) => string;
  /** As the administrator, in the server's container; the first line of the input is the password. */
  administrator: string;
}

/** What a test of repair says in an engine's own words. */
export interface RepairWords {
  /** Makes the table \`bulk\`. */
  makeBulk: string;
  /** Adds a number of rows of 1 MiB. */
  addBulk: (mebibytes: number) => string;
  /** Adds a number of rows of 1 MiB that are hardly smaller when they are compressed. */
  addNoise: (mebibytes: number) => string;
  /** Sums it up, in one row. */
  sumOfBulk: string;
  /** Settings of the database, under which a server may forget logs that a member still lacks. */
  settings?: Record<string, number | string>;
  /** Makes a server forget its logs. */
  forgetLogs: string;
  /** A file of every data directory. */
  dataFile: string;
}

/** The largest transaction there may be, in SQL of the administrator. */
export interface LargeTransaction {
  /** Makes the table that it is written to. */
  prepare: string;
  /** One that is just let through. */
  largest: string;
  /** One that is twice as large, and of 600,000 rows of 200 bytes at least. */
  larger: string;
  /** What the server says to that; undefined where there is no limit. */
  refusal?: RegExp;
  cleanUp: string;
}

/** What a test of accounts says in an engine's own words. */
export interface AccountWords {
  /** Settings that age passwords and refuse former ones, as hardening guides ask for. */
  policies: Record<string, number | string>;
  /** Keys of the members' own passwords, in their Secret. */
  memberPasswords: string[];
  /** Makes the table `words`, with a column `word`. */
  makeWords: string;
  /** A statement that takes its time. */
  sleep: (seconds: number) => string;
}

/** A setting that no server starts with, as it gets there past all checks. */
export interface Mistake {
  /** Puts it into a rendered object, where it belongs there. */
  make: (object: Manifest) => void;
  /** The server's own words for it. */
  words: RegExp;
  /** What servers say of it that go on with what they have; left out where a change of settings restarts them. */
  told?: RegExp;
}

/** What a cluster has of an engine. */
export interface EngineImages {
  /** Its keys of a database in a stack file. @default the stack's defaults */
  database?: { version: string; image: string };
  /** The same for other versions that it has images of. */
  otherVersions: { version: string; image?: string }[];
  /** Images by name; that with the engine's name has its client. */
  images: Record<string, string>;
  /** What these images have in the server's place: nothing that is measured with it is a figure of the engine's. */
  standIn?: string;
}

/** What is engine's own in measuring failures. */
export interface MeasuredEngine {
  name: EngineName;
  /** Version that is measured where the cluster has no image of its own. */
  version: string;
  replicas: number;
  /** How many of its members hold a row, once all are well. @default every one */
  copies?: number;
  topology: Topology;
  /** Its exporter: the test bed's image of it, and the figure by which that says that it reaches the server. */
  exporter?: { image: string; up: string };
  /** Container of the server, its process's name, and where its volume is mounted. */
  container: string;
  process: string;
  volume: string;
  /** Entry of the writer's program, in `writer/`. */
  writer: string;
  /** All the time that a write has, with those that its driver makes again, ms. @default a second */
  attemptTimeoutMs?: number;
  /** On the test bed, and on any other cluster. */
  images: Record<"bed" | "elsewhere", EngineImages>;
  /** What its agents, and it itself, do with their database's account all day, in the form that they do it. */
  ownActs: Act[];
  /** Port that answers members alone, over TLS. @default none */
  membersPort?: number;
  shell: SqlShell;
  /** The least memory of a member, where that is more than tests give theirs. */
  leastMemory?: string;
  /** The least storage of a member, likewise. */
  leastStorage?: string;
  /** Arguments of its databases in a stack file, beside those that all have. @default none */
  arguments?: Readonly<Record<string, unknown>>;
  /**
   * What more of its own may stand beside its servers: in words, as arguments by the cluster's images, and as what a second database has that
   * reads from the first. @default nothing
   */
  extras?: {
    what: string;
    args: (images: Partial<Record<string, string>>) => Record<string, unknown>;
    follower?: (first: { name: string; namespace: string }) => Record<string, unknown>;
  };
  /** What is said in SQL. An engine without it is not in the suites that say it. */
  repair?: RepairWords;
  accounts?: AccountWords;
  mistake?: Mistake;
  /** Without it, no transaction is large: that fault is not for this engine. */
  largeTransaction?: LargeTransaction;
  /** How another major version on the same data is refused, where servers cannot take it over. */
  refusesOtherVersion?: RegExp;
  /** From the order to restore a gibibyte to a database that serves, s. @default nothing is asked */
  gibibyteRestoredSeconds?: number;
  /** Where the figures are asked for. */
  source: string;
  /** The faults of a build. @default the usual three: the everyday one, the one without a warning, the worst */
  struckInBuilds?: readonly FaultName[];
  asked: Record<FaultName, Asked> & Partial<Record<LossName, Asked>>;
  /** Guarantees by the name that `--without` takes. */
  guarantees: Record<string, Guarantee>;
  notShown: NotShown[];
}

/** What stands beside an engine's servers that knows users by lists. */
export const SECOND_USER = {
  what: "a second user with a database of its own",
  args: {
    users: { reports: { grants: { app: "read" } } },
    databases: { sales: { owner: "reports" } },
  },
} as const;
