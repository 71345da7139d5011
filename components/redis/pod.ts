import type * as pulumi from "@pulumi/pulumi";
import type { EnginePod } from "../database/member-pod";
import { DATABASE_USER_ID } from "../database/pod-security";
import { PASSWORD_FILES } from "../protocol/accounts";
import { parseBytes, MEBIBYTE } from "../common/quantity";
import { RedisMode } from "./args";
import { brandOf } from "./images";
import { PATHS } from "./protocol";
import type { ResolvedRedis } from "./resolve";

/** Keys of the members' own passwords. */
export const MEMBER_KEYS = [PASSWORD_FILES.replication];

/** The pod of a member. */
export function redisPod(args: ResolvedRedis, configMap: pulumi.Input<string>): EnginePod {
  return {
    name: "redis",
    image: args.image,
    userId: DATABASE_USER_ID,
    terminationGracePeriodSeconds: args.terminationGracePeriodSeconds ?? 300,
    command: [`${brandOf(args.version)}-server`, PATHS.configFile],
    paths: PATHS,
    ...(args.mode === RedisMode.Cache ? { withoutVolume: { mebibytes: copiesOf(args) } } : {}),
    settings: { configMap, file: "server.conf", names: ["username"], readByServer: true },
  };
}

/** Copies of the data pass through the node's disk: one that comes, beside one that is being read; MiB. */
function copiesOf({ resources }: ResolvedRedis): number {
  return Math.ceil(((parseBytes(resources.memory) ?? 0) * 2) / MEBIBYTE);
}
