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

function promises({ settings }: ResolvedArgs): Promises {
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
