import { PASSWORD_FILES } from "../protocol/accounts";
import { PATHS } from "./protocol";
import type * as pulumi from "@pulumi/pulumi";
import type { EnginePod } from "../database/member-pod";
import { DATABASE_USER_ID } from "../database/pod-security";
import type { ResolvedMySql } from "./resolve";

/** Keys of the members' own passwords. */
export const MEMBER_KEYS = [PASSWORD_FILES.replication];

/** The pod of a MySQL member. */
export function mysqlPod(args: ResolvedMySql, configMap: pulumi.Input<string>): EnginePod {
  return {
    name: "mysql",
    image: args.image,
    userId: DATABASE_USER_ID,
    terminationGracePeriodSeconds: args.terminationGracePeriodSeconds ?? 300,
    command: ["mysqld", `--defaults-file=${PATHS.configFile}`],
    paths: PATHS,
    settings: { configMap, file: "my.cnf", names: ["username", "database"], readByServer: true },
  };
}
