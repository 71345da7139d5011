import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { storageDir } from "./layout";
import { run } from "./shell";

/**
 * The array of disks behind the dynamic storage class: one file system in one file, mounted by every machine. XFS,
 * because its files can share blocks: a snapshot or a clone of a volume takes no time and no room.
 */
const image = join(storageDir, "array.img");

/** Sparse: only what is written takes room. */
const size = "256G";

export async function ensureStorageArray(): Promise<void> {
  mkdirSync(storageDir, { recursive: true });
  if (!existsSync(image)) {
    await run("truncate", ["--size", size, `${image}.new`]);
    await run("mkfs.xfs", ["-q", "-m", "reflink=1", `${image}.new`]);
    renameSync(`${image}.new`, image);
  }
  // One device for all: through two, two copies of the file system's state would overwrite one another.
  if ((await devices()).length === 0) await run("losetup", ["--find", image]);
}

export async function removeStorageArray(): Promise<void> {
  for (const device of await devices()) await run("losetup", ["--detach", device]);
}

/** Asked by name rather than by file: somebody may have deleted the file under a running cluster. */
async function devices(): Promise<string[]> {
  const list = await run("losetup", ["--list", "--noheadings", "--raw", "--output=NAME,BACK-FILE"]);
  return list
    .split("\n")
    .filter((line) => line.includes(` ${image}`))
    .map((line) => line.split(" ")[0] ?? "");
}
