import type { StackConfig } from "../../stacks/types";
import { observe } from "../status/observe";
import { type StackStatus, statusOf } from "../status/status";
import { choosing, type Target } from "./target";

/** A stack, by its stack file. */
export interface ChosenStack {
  /** Its name. */
  stack: string;
  /** As it was chosen on the command line: a name, or the path of a file. */
  nameOrPath: string;
  config: StackConfig;
}

/** How a stack is on a cluster now. What is deployed to the local cluster has no backups, and misses none. */
export async function lookAt(
  target: Target,
  { stack, nameOrPath, config }: ChosenStack,
): Promise<StackStatus> {
  const wanted = target.isLocal ? withoutBackups(config) : config;
  return statusOf(await observe(target.kubectl, { stack, chosenBy: choosing(target, nameOrPath) }, wanted));
}

function withoutBackups(config: StackConfig): StackConfig {
  const databases = config.databases.map((database) => ({
    ...database,
    args: { ...database.args, backup: undefined },
  }));
  return { ...config, databases };
}
