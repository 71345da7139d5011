import type { Problems } from "../common/problems";
import { GIBIBYTE, parseBytes } from "../common/quantity";
import { checkDatabase, versionOf } from "../database/checks";
import { DATABASE_DEFAULTS } from "../database/defaults";
import { checkMemory } from "../database/memory";
import { checkSettings } from "../settings/check";
import { refuseUnverified } from "../tls/checks";
import type { MongoDbArgs } from "./args";
import { MONGODB_LIMITS } from "./limits";
import { mongoDbMemory } from "./memory";
import { mongoDbLanguage } from "./settings/language";

/** The oplog takes a GiB at least, and the journal and what is being compacted some more. */
const LEAST_STORAGE = 4 * GIBIBYTE;

type Args = Omit<MongoDbArgs, "namespace">;

/** Finds what is wrong with the name and the arguments of a MongoDB database. */
export function checkMongoDb(name: string, args: Args, problems: Problems): void {
  checkDatabase(name, args, MONGODB_LIMITS, problems);
  checkStorage(args, problems);
  refuseUnverified(args.tls, "mongodb", "members know each other by the certificates' authority", problems);
  const language = mongoDbLanguage(versionOf(args.version, MONGODB_LIMITS));
  if (checkSettings(args.settings, language, problems)) checkSizes(args, problems);
}

function checkStorage({ storage = DATABASE_DEFAULTS.storage }: Args, problems: Problems): void {
  const bytes = parseBytes(storage);
  if (bytes === undefined || bytes >= LEAST_STORAGE) return;
  problems.add("storage", {
    value: storage,
    allowed: "at least 4Gi (mongodb): its oplog alone takes a GiB, and the journal some more",
    fix: "raise it to 4Gi",
  });
}

/** What settings ask for of the memory, beside what a member has. */
function checkSizes({ settings, resources }: Args, problems: Problems): void {
  const memory = resources?.memory ?? MONGODB_LIMITS.minMemory;
  // That has been said already.
  if ((parseBytes(memory) ?? 0) < (parseBytes(MONGODB_LIMITS.minMemory) ?? 0)) return;
  const given = new Map(Object.entries(settings ?? {}));
  const keys = new Map([...given.keys()].map((key) => [key, key]));
  checkMemory(mongoDbMemory(memory, given).budget, memory, keys, problems);
}
