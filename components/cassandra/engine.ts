import { Durability } from "../database/args";
import type { Engine } from "../database/engine";
import type { Guarantees } from "../database/guarantees";
import { DATABASE_USER_ID } from "../database/pod-security";
import { MAX_MEMBERS } from "../protocol/members";
import { memberServiceName } from "../protocol/names";
import { byName } from "../settings/table";
import { ordinals } from "../storage/replica-volumes";
import { checkCassandra } from "./checks";
import { cassandraClient } from "./client";
import { Cassandra } from "./component";
import { CASSANDRA_LIMITS } from "./limits";
import { CASSANDRA_LOGS } from "./logs";
import { cassandraMemory } from "./memory";
import { COPIES, Racks } from "./protocol";
import { resolveCassandra, type ResolvedCassandra } from "./resolve";
import { canonicalName } from "./settings/names";
import { CASSANDRA_TOPOLOGY } from "./topology";

/** Cassandra, as a stack sees it. */
export const cassandraEngine: Engine = {
  userId: () => DATABASE_USER_ID,
  check: checkCassandra,
  hasBackups: CASSANDRA_LIMITS.backup !== undefined,
  resolve: resolveCassandra,
  topology: () => CASSANDRA_TOPOLOGY,
  services: (name) => ordinals(MAX_MEMBERS).map((ordinal) => memberServiceName(name, ordinal)),
  guarantees,
  client: cassandraClient,
  logs: CASSANDRA_LOGS,
  memory: ({ resources, settings }) =>
    cassandraMemory(resources.memory, byName(settings, canonicalName)).budget,
  create: (name, args, opts) => new Cassandra(name, args, opts),
};

/** A write is acknowledged by as many members as the client asks for: what is promised is for a majority of those that have a row. */
function guarantees({ replicas, durability, racks }: ResolvedCassandra): Guarantees {
  const lastSeconds = (when: string, whose: string): string[] =>
    durability === Durability.Majority
      ? []
      : [`up to 10 s of ${whose}, if the power fails${when} (the log is synced every 10 s)`];
  if (replicas === 1) {
    return {
      survives: ["a deleted pod, a killed server: back on its volume with every acknowledged write"],
      canBeLost: [
        ...lastSeconds("", "acknowledged writes"),
        "everything, with the volume: there is one copy",
        "no write is lost, but none is taken, while the pod is away",
      ],
    };
  }
  const majority = Math.floor(COPIES / 2) + 1;
  return {
    survives: [
      "the loss of any one member, with its volume: every write acknowledged at LOCAL_QUORUM, which reads at LOCAL_QUORUM see",
      "a rolling update, a drain: one member at a time, while the others take reads and writes at LOCAL_QUORUM",
      ...(racks === Racks.Zones
        ? [`the loss of a whole zone, of ${COPIES} or more: each has at most one of the copies of a row`]
        : []),
    ],
    canBeLost: [
      ...lastSeconds(" on all nodes at once", "each member's acknowledged writes"),
      "a write acknowledged at ONE, LOCAL_ONE or ANY, if its member is lost before the others have it",
      "of two writes to one column, the one with the earlier time, whichever came last: the writers' clocks say which that is",
      ...(racks !== Racks.Zones && replicas > COPIES
        ? [
            `of some rows, ${majority} copies or all of them, with a zone: \`racks: ${Racks.Zones}\` keeps them apart`,
          ]
        : []),
      `no read or write at LOCAL_QUORUM is taken of rows of which fewer than ${majority} of ${COPIES} members with a copy are there`,
    ],
  };
}
