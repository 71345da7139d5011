import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheDir, machineDir, sources } from "../layout";
import { step } from "../progress";
import { run } from "../shell";
import { markLoaded } from "./load";

const seedsDir = join(cacheDir, "seeds");

/** A containerd directory with these images in it, made once for each set of images. Returns its path. */
export async function ensureSeed(archives: string[]): Promise<string> {
  const names = archives.map((archive) => basename(archive)).join("\n");
  const seed = join(seedsDir, createHash("sha256").update(names).digest("hex").slice(0, 12));
  if (existsSync(seed)) return seed;
  await step("unpacking images", async () => {
    // Those of earlier sets of images are of no more use.
    rmSync(seedsDir, { recursive: true, force: true });
    mkdirSync(seedsDir, { recursive: true });
    await run("nice", ["-n", "10", "bash", join(sources, "images", "make-seed.sh"), seed, ...archives]);
  });
  return seed;
}

/** Gives a new node a copy of the seed. A node that has been on before keeps what it has. */
export async function plantSeed(machine: string, seed: string, archives: string[]): Promise<void> {
  const target = join(machineDir(machine), "containerd");
  if (existsSync(target)) return;
  const unfinished = `${target}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  await copyTree(seed, unfinished);
  renameSync(unfinished, target);
  markLoaded(machine, archives);
}

/**
 * Links instead of copies: unpacked images are only read, and so all nodes can share them, on the disk and in memory.
 * Only containerd's databases are written to.
 */
async function copyTree(from: string, to: string): Promise<void> {
  try {
    await run("cp", ["--archive", "--link", from, to]);
  } catch {
    // The cache lies on another file system than the checkout.
    rmSync(to, { recursive: true, force: true });
    await run("cp", ["--archive", from, to]);
    return;
  }
  for (const folder of readdirSync(from)) {
    for (const file of readdirSync(join(from, folder))) {
      if (!file.endsWith(".db")) continue;
      await run("cp", [
        "--archive",
        "--remove-destination",
        join(from, folder, file),
        join(to, folder, file),
      ]);
    }
  }
}
