import { PATHS, PATRONI_PORT, POOLER_KEY, REST_PASSWORD_FILE, SETTINGS_FILE } from "./protocol";
import { PASSWORD_FILES } from "../protocol/accounts";
import type * as pulumi from "@pulumi/pulumi";
import { apiAccessMount } from "../agents/agent-container";
import type { EnginePod } from "../database/member-pod";
import { sourceMount, sourceVolume } from "../database/source-volume";
import { hasPooler } from "./pooler-config";
import type { ResolvedPostgreSql } from "./resolve";
import { sharedMemory } from "./server-config";

/** The members' own passwords. */
const MEMBER_KEYS = [PASSWORD_FILES.replication, REST_PASSWORD_FILE];

/** Key of the ConfigMap with the users that the server's container knows. */
export const USERS_FILE = "passwd";

/**
 * The users of the server's container: PostgreSQL asks who it is, and lets its administrator in by that name. So it need
 * not run as the user that an image happens to have.
 *
 * @see https://www.postgresql.org/docs/17/auth-peer.html
 */
export function usersFile(userId: number): string {
  return `root:x:0:0:root:/root:/usr/sbin/nologin\npostgres:x:${userId}:${userId}:PostgreSQL:/tmp:/bin/bash\n`;
}

/** Keys of the passwords that no application needs to see. */
export function memberKeys(args: Pick<ResolvedPostgreSql, "pooler" | "replicasPooler">): string[] {
  return hasPooler(args) ? [...MEMBER_KEYS, POOLER_KEY] : MEMBER_KEYS;
}

/** The pod of a PostgreSQL member. Patroni is started and stopped as the agent orders; it starts and stops the server. */
export function postgresqlPod(args: ResolvedPostgreSql, configMap: pulumi.Input<string>): EnginePod {
  return {
    name: "postgresql",
    image: args.image,
    userId: args.userId,
    terminationGracePeriodSeconds: args.terminationGracePeriodSeconds ?? 300,
    command: ["patroni"],
    // Python would write its bytecode beside its modules.
    env: [{ name: "PYTHONDONTWRITEBYTECODE", value: "1" }],
    ports: [{ name: "patroni", port: PATRONI_PORT }],
    paths: PATHS,
    settings: { configMap, file: SETTINGS_FILE, names: ["owner", "database"], readByServer: false },
    ...(args.follow ? { agentMounts: [sourceMount] } : {}),
    mounts: [
      // Patroni keeps the lock there.
      apiAccessMount,
      { name: "shared-memory", mountPath: "/dev/shm" },
      { name: "users", mountPath: "/etc/passwd", subPath: USERS_FILE, readOnly: true },
    ],
    // Parallel queries share memory there; a container's own has 64 MiB.
    // It counts as the server's memory: what does not fit is refused there, and must not have it killed.
    volumes: [
      ...(args.follow ? [sourceVolume(args.follow)] : []),
      { name: "users", configMap: { name: configMap, items: [{ key: USERS_FILE, path: USERS_FILE }] } },
      {
        name: "shared-memory",
        emptyDir: { medium: "Memory", sizeLimit: sharedMemory(args.resources.memory) },
      },
    ],
  };
}
