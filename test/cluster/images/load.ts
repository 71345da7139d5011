import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { machineDir } from "../layout";
import { runInside } from "../machine/machine";

const ctr = ["ctr", "--namespace=k8s.io", "--address=/run/containerd/containerd.sock", "images"];

/**
 * Gives a node's containerd an image's archive, unless it has that very archive already: an archive's name tells its
 * contents, which the image's name does not.
 */
export async function loadImage(machine: string, archive: string): Promise<void> {
  const loaded = join(machineDir(machine), "images");
  const mark = join(loaded, basename(archive));
  if (existsSync(mark)) return;
  await runInside(machine, [...ctr, "import", archive]);
  mkdirSync(loaded, { recursive: true });
  writeFileSync(mark, "");
}
