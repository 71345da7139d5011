import type { MeasuredEngine } from "../support/engines/engine";
import type { BareServer } from "./bare-pods";

/** What is loaded, one after the other in each round. */
export const VARIANTS = ["three", "one", "bare", "same", "group"] as const;

export type Variant = (typeof VARIANTS)[number];

/** Those that this project deploys, by their number of members. Databases and Services are called as their variant. */
export const DEPLOYED = { three: 3, one: 1 } as const;

/** What each is, for people. Of the group an engine says more. */
export const VARIANT_WORDS: Record<Variant, string> = {
  three: "three members, deployed by us",
  one: "one member, deployed by us",
  bare: "a bare server of the same image, with its own defaults",
  same: "a bare server of the same image, with our settings",
  group: "three servers of the same image, joined by hand",
};

/** How many clients there are at once. */
export const CLIENTS = [1, 8, 32] as const;

/** What one run of a tool came to. */
export interface Sample {
  /** Transactions a second; what one is, the case says. */
  perSecond: number;
  /** 95th percentile of the time that one takes, ms. */
  p95Ms: number;
}

/** Where a tool is to go, and who it is there. */
export interface Endpoint {
  variant: Variant;
  /** Name of its Service. */
  host: string;
  /** Files `username` and `password`; a bare server lets in everybody, or whom its engine's room says. */
  secrets?: string;
}

/** How much a run is to do. */
export interface Amount {
  clients: number;
  seconds: number;
  /** Transactions a second that the run before did, for a tool that counts instead. @default nothing ran before */
  expected?: number;
}

/** A share of one variant's transactions that another one is to reach. */
export interface Target {
  of: Variant;
  to: Variant;
  /** The same with every number of clients, or one for each. */
  atLeast: number | Readonly<Record<number, number>>;
  /** What the engine itself costs: where this share of that variant is less, it is the bound. @default none */
  bound?: { variant: Variant; share: number };
}

/** What is loaded on an engine, and with what. */
export interface LoadedEngine {
  engine: MeasuredEngine;
  /** The tool, for people. */
  tool: string;
  /** The image that has it, of those that are made on demand. @default the engine's own */
  toolImage?: string;
  /** What is put on it, by name, each with what a transaction is. */
  cases: Readonly<Record<string, string>>;
  /** Time of one run. */
  seconds: number;
  /** Arguments of the databases in the stack file, beside those that all have; else all is as by default. */
  arguments?: Readonly<Record<string, unknown>>;
  /** How the group was joined, for people. */
  group: string;
  /** Ports of the server. */
  ports: readonly number[];
  /** The bare servers, once the databases are there whose settings some of them have. */
  bareServers: (namespace: string) => Promise<BareServer[]>;
  /** Fills an endpoint with data. */
  fill: (endpoint: Endpoint) => string;
  /** A line that runs the tool once. */
  run: (name: string, endpoint: Endpoint, amount: Amount) => string;
  /** @throws Error where it is not what the tool says of a run */
  read: (said: string) => Sample;
  targets: readonly Target[];
}

/** An engine that nothing here can load, and why. */
export interface LeftOut {
  leftOut: string;
}
