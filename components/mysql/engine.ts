import { Durability } from "../database/args";
import type { Engine, ResolvedArgs } from "../database/engine";
import type { Promises } from "../database/promises";
import { MYSQL_USER_ID } from "./limits";
import { checkMySql, MySql, resolveMySql } from "./mysql";
import { commitsAreDurable } from "./server-config";

/** MySQL, as a stack sees it. */
export const mysqlEngine: Engine = {
  userId: MYSQL_USER_ID,
  check: checkMySql,
  resolve: resolveMySql,
  promises,
  create: (name, args, opts) => new MySql(name, args, opts),
};

function promises(args: ResolvedArgs): Promises {
  return args.replicas === 1 ? promisesOfOne(args) : promisesOfGroup(args);
}

/** A commit is acknowledged when a majority has received it; before it is on the others' disks, unless told so. */
function promisesOfGroup({ replicas, settings, durability }: ResolvedArgs): Promises {
  const minority = (replicas - 1) / 2;
  const everywhere = durability === Durability.All;
  const members = minority === 1 ? "any one member" : `any ${minority} members`;
  return {
    survives: [
      `the loss of ${members}, with its volume: another takes over, with every acknowledged write`,
      ...(everywhere ? ["a power cut of all nodes at once, even if only one member's disk comes back"] : []),
      "a rolling update, a drain: the primary is handed over first",
    ],
    canBeLost: [
      ...(everywhere ? [] : [lossOfPower(commitsAreDurable(settings))]),
      `no write is taken while fewer than ${minority + 1} of ${replicas} members are there`,
    ],
  };
}

function lossOfPower(durable: boolean): string {
  return durable
    ? "writes of the last moment, if the power fails on all nodes at once and the primary's disk is lost"
    : "the last second of acknowledged writes, if the power fails on all nodes at once (settings relax the commit)";
}

function promisesOfOne({ settings }: ResolvedArgs): Promises {
  const durable = commitsAreDurable(settings);
  return {
    survives: [
      durable
        ? "a deleted pod, a killed server, a node's restart: back on its volume with every acknowledged write"
        : "a deleted pod: back on its volume with every acknowledged write",
    ],
    canBeLost: [
      ...(durable
        ? []
        : [
            "the last second of acknowledged writes when the server or node dies (settings relax the commit)",
          ]),
      "everything since the last backup, with the volume: there is one copy",
      "no write is lost, but none is taken, while the pod is away",
    ],
  };
}
