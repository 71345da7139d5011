import type * as pulumi from "@pulumi/pulumi";
import type { EnginePod } from "../database/member-pod";
import { DATABASE_USER_ID } from "../database/pod-security";
import { PASSWORD_FILES } from "../protocol/accounts";
import { PATHS } from "./protocol";
import type { ResolvedMongoDb } from "./resolve";

/** Keys of the members' own passwords: their key is made of it. */
export const MEMBER_KEYS = [PASSWORD_FILES.replication];

/** Key of the settings in the database's ConfigMap. */
export const SETTINGS_FILE = "mongod.conf";

/** The pod of a member. */
export function mongoDbPod(args: ResolvedMongoDb, configMap: pulumi.Input<string>): EnginePod {
  return {
    name: "mongodb",
    image: args.image,
    userId: DATABASE_USER_ID,
    terminationGracePeriodSeconds: args.terminationGracePeriodSeconds ?? 300,
    command: ["mongod", "--config", PATHS.configFile],
    paths: PATHS,
    settings: { configMap, file: SETTINGS_FILE, names: ["owner", "database"], readByServer: true },
  };
}
