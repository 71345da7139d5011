import type { Problems } from "../common/problems";
import { checkDatabase, versionOf } from "../database/checks";
import { checkSettings } from "../settings/check";
import { MEBIBYTE } from "../common/quantity";
import { type HugePagesArgs, hugePagesBytes } from "../database/huge-pages";
import { checkMemory } from "../database/memory";
import { byName, type SettingTable } from "../settings/table";
import { DATABASE_DEFAULTS } from "../database/defaults";
import { DATABASE_USER_ID } from "../database/pod-security";
import type { PostgreSqlArgs } from "./args";
import { checkClientHba } from "./hba-checks";
import { postgresqlMemory, sharedBytes } from "./memory";
import { canonicalName } from "./settings/names";
import { parseMemory } from "./settings/values";
import { MAX_CONNECTIONS, POSTGRESQL_LIMITS, SLOT } from "./limits";
import { postgresqlLanguage } from "./settings/language";
import { checkPoolers } from "./pooler-checks";

/** Finds what is wrong with the name and the arguments of a PostgreSQL database. */
export function checkPostgreSql(
  name: string,
  args: Omit<PostgreSqlArgs, "namespace">,
  problems: Problems,
): void {
  checkDatabase(name, args, POSTGRESQL_LIMITS, problems);
  checkServerSettings(args, problems);
  args.extensions?.forEach((extension, index) => {
    if (/^[a-z][a-z0-9_-]*$/.test(extension)) return;
    problems.add(`extensions[${index}]`, {
      value: extension,
      allowed: "the name of an extension: lower-case letters, digits, '_' and '-'",
      fix: "write it as CREATE EXTENSION takes it, without quotes",
    });
  });
  checkClientHba(args.clientHba, problems);
  checkFollowerSlots(name, args.followerSlots, problems);
  checkPoolers(args, problems);
  if (args.userId !== undefined && (!Number.isInteger(args.userId) || args.userId < 1)) {
    problems.add("userId", {
      value: args.userId,
      allowed: "a whole number above 0: the server refuses to run as root",
      fix: `leave it out for ${DATABASE_USER_ID}, or choose another one`,
    });
  }
}

/** The members' own slots are called after their pods. */
function checkFollowerSlots(name: string, slots: string[] | undefined, problems: Problems): void {
  const members = new RegExp(`^${name.replace(/-/g, "_")}_\\d+$`);
  slots?.forEach((slot, index) => {
    if (SLOT.pattern.test(slot) && !members.test(slot) && slots.indexOf(slot) === index) return;
    problems.add(`followerSlots[${index}]`, {
      value: slot,
      allowed: `${SLOT.rule}, each once, and none of the members' own (${name.replace(/-/g, "_")}_0)`,
      fix: "choose another name, and name it in the follower's follow.slot",
    });
  });
}

/** The least that a database is given where it says nothing, and what its servers start with when it is made. */
const LEAST_BUFFERS = 128 * MEBIBYTE;

/** Settings by themselves; and together, beside the replica's memory. */
function checkServerSettings(
  args: Pick<PostgreSqlArgs, "version" | "settings" | "resources" | "hugePages" | "replicas">,
  problems: Problems,
): void {
  const { version, settings, resources, hugePages, replicas = DATABASE_DEFAULTS.replicas } = args;
  const language = postgresqlLanguage(versionOf(version, POSTGRESQL_LIMITS));
  if (!checkSettings(settings, language, problems)) return;
  const memory = resources?.memory ?? DATABASE_DEFAULTS.memory;
  const given = byName(settings, canonicalName);
  const keys = new Map(Object.keys(settings ?? {}).map((key) => [canonicalName(key), key]));
  const pages = hugePagesBytes(hugePages);
  const divided = postgresqlMemory(memory, given, language.table, pages);
  checkMemory(divided.budget, memory, keys, problems);
  checkHugePagesOf(hugePages, given, language.table, problems);
  checkConnections(given, keys, problems);
  checkStreams(given, keys, replicas, problems);
}

/** All that servers share is in huge pages, or they do not start. */
function checkHugePagesOf(
  hugePages: HugePagesArgs | undefined,
  given: ReadonlyMap<string, string>,
  table: SettingTable,
  problems: Problems,
): void {
  if (hugePages === undefined) return;
  const setting = table.get("shared_buffers");
  const text = given.get("shared_buffers");
  const buffers = (text === undefined || !setting ? undefined : parseMemory(setting, text)) ?? LEAST_BUFFERS;
  const least = sharedBytes(buffers, given);
  const size = hugePagesBytes(hugePages);
  const switched = given.get("huge_pages");
  if (switched !== undefined && switched !== "try") {
    problems.at("settings").add("huge_pages", {
      value: switched,
      allowed: "nothing beside hugePages, with which it is on",
      fix: "remove one of the two",
    });
  }
  if (size === 0 || size >= least) return;
  problems.at("hugePages").add("size", {
    value: hugePages.size,
    allowed: `at least ${Math.ceil(least / MEBIBYTE)}Mi: shared buffers of ${text ?? "128MB"}, and what else servers share, are all there`,
    fix: `raise it to ${Math.ceil(least / MEBIBYTE / 2) * 2}Mi or more${text === undefined ? "" : ", or lower settings.shared_buffers"}`,
  });
}

/** Without a stream for every other member, some would never have the newest data; and commits may wait for them. */
function checkStreams(
  given: ReadonlyMap<string, string>,
  keys: ReadonlyMap<string, string>,
  replicas: number,
  problems: Problems,
): void {
  for (const name of ["max_wal_senders", "max_replication_slots"]) {
    const value = given.get(name);
    if (value === undefined || Number(value) >= replicas) continue;
    problems.at("settings").add(keys.get(name) ?? name, {
      value,
      allowed: `at least ${replicas} for ${replicas} replicas: each of the others takes one, and a second while it is copied to`,
      fix: `raise it to ${replicas} or more, or remove it`,
    });
  }
}

/** Some connections are kept for administrators; a server that has no others does not start. */
function checkConnections(
  given: ReadonlyMap<string, string>,
  keys: ReadonlyMap<string, string>,
  problems: Problems,
): void {
  const most = Number(given.get("max_connections") ?? MAX_CONNECTIONS);
  const kept =
    Number(given.get("superuser_reserved_connections") ?? 3) + Number(given.get("reserved_connections") ?? 0);
  const name = ["superuser_reserved_connections", "reserved_connections"].find((setting) =>
    given.has(setting),
  );
  if (name === undefined || kept < most) return;
  problems.at("settings").add(keys.get(name) ?? name, {
    value: given.get(name),
    allowed: `together fewer than max_connections, ${most}: superuser_reserved_connections and reserved_connections`,
    fix: "lower it",
  });
}
