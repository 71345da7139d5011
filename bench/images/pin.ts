import { readFileSync, writeFileSync } from "node:fs";
import { nameOf, type Reference, referencesIn, withDigests } from "./reference";
import { type Found, NotServed, PLATFORMS, type Registries, Unreachable } from "./registry";

/** What became of an image. */
export interface Outcome {
  name: string;
  state: string;
  /** Whether something is wrong with it. */
  wrong: boolean;
}

/** Each image once; of one that is there with and without a digest, with it. */
function imagesOf(files: readonly string[]): Reference[] {
  const all = files.flatMap((file) => referencesIn(readFileSync(file, "utf8")));
  const unique = new Map<string, Reference>();
  for (const image of all) {
    const name = nameOf(image);
    if (unique.get(name)?.digest === undefined) unique.set(name, image);
  }
  return [...unique.values()];
}

function lacking({ platforms }: Found): string[] {
  return PLATFORMS.filter((platform) => !platforms.includes(platform));
}

/**
 * Writes behind each image of these files the digest that its tag leads to now. All or nothing: where one is not found, no file
 * changes.
 */
export async function pin(files: readonly string[], registries: Registries): Promise<Outcome[]> {
  const digests = new Map<string, string>();
  const outcomes: Outcome[] = [];
  for (const image of imagesOf(files)) {
    const name = nameOf(image);
    const found = await looked(registries, image);
    if (found instanceof Error) {
      outcomes.push({ name, state: found.message, wrong: true });
      continue;
    }
    const missing = lacking(found);
    if (missing.length > 0) {
      outcomes.push({ name, state: `there is none for ${missing.join(", ")}`, wrong: true });
      continue;
    }
    digests.set(name, found.digest);
    const before = image.digest === undefined ? "" : `, before ${image.digest}`;
    const same = image.digest === found.digest;
    outcomes.push({ name, state: `${found.digest}${same ? ", as before" : before}`, wrong: false });
  }
  if (outcomes.some(({ wrong }) => wrong)) return outcomes;
  for (const file of files) {
    const source = readFileSync(file, "utf8");
    const pinned = withDigests(source, digests);
    if (pinned !== source) writeFileSync(file, pinned);
  }
  return outcomes;
}

/** Looks whether what the files name is there for every platform, and where a tag leads elsewhere by now. Changes nothing. */
export async function check(files: readonly string[], registries: Registries): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const image of imagesOf(files)) {
    const name = nameOf(image);
    const there = await looked(registries, image, image.digest);
    if (there instanceof Error) {
      outcomes.push({ name, state: there.message, wrong: true });
      continue;
    }
    const missing = lacking(there);
    if (missing.length > 0) {
      outcomes.push({ name, state: `there is none for ${missing.join(", ")}`, wrong: true });
      continue;
    }
    if (image.digest === undefined) {
      outcomes.push({ name, state: `not pinned; the tag leads to ${there.digest}`, wrong: false });
      continue;
    }
    const now = await looked(registries, image);
    const leads =
      now instanceof Error
        ? `the tag leads nowhere: ${now.message}`
        : now.digest === image.digest
          ? "the tag leads there too"
          : `the tag leads to ${now.digest} by now`;
    outcomes.push({ name, state: `${image.digest} is there; ${leads}`, wrong: false });
  }
  return outcomes;
}

async function looked(registries: Registries, image: Reference, digest?: string): Promise<Found | Error> {
  try {
    return await registries.find(image, digest);
  } catch (error) {
    if (error instanceof Unreachable || error instanceof NotServed) return error;
    throw error;
  }
}
