import type { Problems } from "../common/problems";
import { parseBytes } from "../common/quantity";
import { checkDatabase, versionOf } from "../database/checks";
import { checkMemory } from "../database/memory";
import { checkChoice } from "../common/checks";
import { checkSettings } from "../settings/check";
import { byName } from "../settings/table";
import { refuseUnverified } from "../tls/checks";
import type { CassandraArgs } from "./args";
import { CASSANDRA_LIMITS, DEFAULT_MEMORY } from "./limits";
import { cassandraMemory } from "./memory";
import { COPIES, Racks } from "./protocol";
import { cassandraLanguage } from "./settings/language";
import { canonicalName } from "./settings/names";

type Args = Omit<CassandraArgs, "namespace">;

/** Finds what is wrong with the name and the arguments of a Cassandra database. */
export function checkCassandra(name: string, args: Args, problems: Problems): void {
  // Of numbers the others' reasons are those of an election.
  const countable = isCountable(args.replicas);
  checkDatabase(name, countable ? args : { ...args, replicas: undefined }, CASSANDRA_LIMITS, problems);
  if (!countable) refuseReplicas(args, problems);
  checkRacks(args, problems);
  refuseUnverified(args.tls, "cassandra", "members know each other by their certificates alone", problems);
  const language = cassandraLanguage(versionOf(args.version, CASSANDRA_LIMITS));
  if (checkSettings(args.settings, language, problems)) checkSizes(args, problems);
}

function isCountable(replicas: number | undefined): boolean {
  return replicas === undefined || CASSANDRA_LIMITS.replicas.includes(replicas);
}

function refuseReplicas({ replicas = 1 }: Args, problems: Problems): void {
  const { replicas: numbers, engine } = CASSANDRA_LIMITS;
  const nearest = numbers.find((count) => count > replicas) ?? Math.max(...numbers);
  problems.add("replicas", {
    value: replicas,
    allowed: `${numbers.join(", ")} (${engine})`,
    fix:
      replicas === 2
        ? `choose ${nearest}: with two members no row survives the loss of one at LOCAL_QUORUM, since a majority of two copies is both`
        : `choose ${nearest}`,
  });
}

/** Zones as racks, where that could keep nothing. */
function checkRacks({ racks, replicas = 1, zones }: Args, problems: Problems): void {
  checkChoice("racks", racks, Object.values(Racks), problems);
  if (racks !== Racks.Zones) return;
  if (replicas === 1) {
    problems.add("racks", {
      value: racks,
      allowed: `${Racks.One}, where there is one member`,
      fix: "remove it, or set replicas to 3 or more",
    });
  }
  if (zones !== undefined && zones.length < COPIES) {
    problems.add("zones", {
      value: zones.length,
      allowed: `at least ${COPIES} zones beside racks: ${racks}`,
      fix: `name ${COPIES} zones, or remove racks: of fewer zones one has two of the ${COPIES} copies of a row, and its loss stops reads and writes all the same`,
    });
  }
}

/** What settings ask for of the memory, beside what a member has. */
function checkSizes({ settings, resources }: Args, problems: Problems): void {
  const memory = resources?.memory ?? DEFAULT_MEMORY;
  // That has been said already.
  if ((parseBytes(memory) ?? 0) < (parseBytes(CASSANDRA_LIMITS.minMemory) ?? 0)) return;
  const keys = new Map(Object.keys(settings ?? {}).map((key) => [canonicalName(key), key]));
  checkMemory(cassandraMemory(memory, byName(settings, canonicalName)).budget, memory, keys, problems);
}
