import type { Config } from "./core/config";
import type { Engine, Reached } from "./core/engine";
import type { Notices } from "./core/notices";
import type { Supervisor } from "./core/supervisor";
import type { Report } from "./core/types";
import type { KubeClient } from "./kube/client";

/** What an engine is made from. */
export interface EngineContext {
  config: Config;
  /** This member. */
  self: Reached;
  supervisor: Supervisor;
  /** The API server, for an engine that keeps state of its own there. */
  client: KubeClient;
  /** Where it says what is not as it was asked for. */
  notices: Notices;
  /** The server is nobody's member, and has little memory. @default false */
  apart?: boolean;
  /** What is known of all members at this moment, this one first. @default there are none to be known */
  members?: () => readonly Report[];
}

/** An engine, as an agent is put together around it. */
export interface EngineKind {
  /** What tells a data directory from an empty one: see {@link Supervisor}. @default being there */
  dataMarks?: string[];
  /** Key of the members' Secret with what only they know: they prove to each other by it that they are members. */
  memberSecret: string;
  create: (context: EngineContext) => Engine;
}
