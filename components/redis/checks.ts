import { checkChoice } from "../common/checks";
import type { Problems } from "../common/problems";
import { parseBytes } from "../common/quantity";
import { Durability } from "../database/args";
import { checkDatabase, versionOf } from "../database/checks";
import { DATABASE_DEFAULTS } from "../database/defaults";
import { checkMemory } from "../database/memory";
import { checkSettings } from "../settings/check";
import { byName } from "../settings/table";
import { refuseUnverified } from "../tls/checks";
import { type RedisArgs, RedisMode } from "./args";
import { DATABASES, REDIS_LIMITS } from "./limits";
import { divisible, MOST_DATA, redisMemory } from "./memory";
import { redisLanguage } from "./settings/language";
import { canonicalName } from "./settings/names";
import { parseMemory } from "./settings/values";

/** The log of commands beside the one that takes its place, and a picture: each as large as the data. */
const STORAGE_FACTOR = 3;

type Args = Omit<RedisArgs, "namespace">;

/** Finds what is wrong with the name and the arguments of a Redis database. */
export function checkRedis(name: string, args: Args, problems: Problems): void {
  // It is a number here, and no name.
  checkDatabase(name, { ...args, database: undefined }, REDIS_LIMITS, problems);
  checkNumber(args, problems);
  checkMode(args, problems);
  refuseUnverified(args.tls, "redis", "a replica always verifies its primary", problems);
  const language = redisLanguage(versionOf(args.version, REDIS_LIMITS));
  if (checkSettings(args.settings, language, problems)) checkSizes(args, problems);
}

function checkNumber({ database }: Args, problems: Problems): void {
  if (database === undefined || (/^\d+$/.test(database) && Number(database) < DATABASES)) return;
  problems.add("database", {
    value: database,
    allowed: `a number from 0 to ${DATABASES - 1} (redis): databases have no names`,
    fix: 'choose one, or leave it out for "0"',
  });
}

/** What only data has that is kept. */
function checkMode({ mode, storage, storageGrowth, durability }: Args, problems: Problems): void {
  checkChoice("mode", mode, Object.values(RedisMode), problems);
  if (mode !== RedisMode.Cache) return;
  for (const [key, value] of Object.entries({ storage, storageGrowth })) {
    if (value === undefined) continue;
    problems.add(key, {
      ...(typeof value === "string" ? { value } : {}),
      allowed: "nothing, with mode: cache: its data is in memory alone",
      fix: "remove it, or mode",
    });
  }
  if (durability === Durability.Majority) {
    problems.add("durability", {
      value: durability,
      allowed: "preferred, with mode: cache: what all members have only in memory goes with their pods",
      fix: "remove it, or mode",
    });
  }
}

/** Data, beside memory and volume. */
function checkSizes({ settings, resources, storage, mode }: Args, problems: Problems): void {
  const memory = resources?.memory ?? DATABASE_DEFAULTS.memory;
  const given = byName(settings, canonicalName);
  const keys = new Map(Object.keys(settings ?? {}).map((key) => [canonicalName(key), key]));
  const { budget, settings: ours } = redisMemory(memory, given, mode);
  const most = Math.floor(divisible(memory) * MOST_DATA);
  const data = parseMemory(given.get("maxmemory") ?? ours["maxmemory"] ?? "") ?? 0;
  if (given.has("maxmemory") && (data === 0 || data > most)) {
    problems.at("settings").add(keys.get("maxmemory") ?? "maxmemory", {
      value: given.get("maxmemory"),
      allowed: `a limit of at most ${most} bytes, four fifths of what resources.memory, ${memory}, leaves: pages are there twice while the data is written out`,
      fix: "lower it, raise resources.memory, or remove it: the default follows the memory",
    });
    return;
  }
  checkMemory(budget, memory, keys, problems);
  if (mode === RedisMode.Cache) return;
  const volume = parseBytes(storage ?? DATABASE_DEFAULTS.storage);
  if (volume === undefined || volume >= data * STORAGE_FACTOR) return;
  const enough = `${Math.ceil((data * STORAGE_FACTOR) / 2 ** 30)}Gi`;
  problems.add("storage", {
    value: storage ?? DATABASE_DEFAULTS.storage,
    allowed: `at least ${enough}, three times the data that resources.memory, ${memory}, has room for: the log of commands is written anew beside itself`,
    fix: `raise it to ${enough}, or lower resources.memory or settings.maxmemory`,
  });
}
