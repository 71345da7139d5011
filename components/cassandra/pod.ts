import type * as pulumi from "@pulumi/pulumi";
import { Spread } from "../database/args";
import type { EnginePod } from "../database/member-pod";
import { DATABASE_USER_ID } from "../database/pod-security";
import { PASSWORD_FILES } from "../protocol/accounts";
import { byName } from "../settings/table";
import { jvmOptions } from "./jvm";
import { cassandraMemory } from "./memory";
import { PATHS, Racks, RACKS_FILE } from "./protocol";
import type { ResolvedCassandra } from "./resolve";
import { canonicalName } from "./settings/names";
import { CASSANDRA_TOPOLOGY } from "./topology";

/** Keys of the members' own passwords: that of the agents' account. */
export const MEMBER_KEYS = [PASSWORD_FILES.replication];

/** Where the image has the server and all that it needs. */
const JARS = "/opt/cassandra/lib/*";

/** Key of the settings in the database's ConfigMap. */
export const SETTINGS_FILE = "cassandra.yaml";

/**
 * The pod of a member. The server reads what the agent makes of the settings, and not these; to its arguments `engine.sh` adds those of
 * one start.
 */
export function cassandraPod(args: ResolvedCassandra, configMap: pulumi.Input<string>): EnginePod {
  const byZone = args.racks === Racks.Zones;
  const memory = cassandraMemory(args.resources.memory, byName(args.settings, canonicalName));
  return {
    name: "cassandra",
    image: args.image,
    userId: DATABASE_USER_ID,
    terminationGracePeriodSeconds: args.terminationGracePeriodSeconds ?? 120,
    command: ["java", ...jvmOptions(memory), "-cp", JARS, "org.apache.cassandra.service.CassandraDaemon"],
    ports: [...(CASSANDRA_TOPOLOGY.memberPorts ?? [])],
    paths: PATHS,
    settings: {
      configMap,
      file: SETTINGS_FILE,
      names: ["owner", "database", ...(byZone ? [RACKS_FILE] : [])],
      readByServer: false,
    },
    // Who is alone in its zone would hold a copy of every row.
    ...(byZone ? { overZones: Spread.Required } : {}),
  };
}
