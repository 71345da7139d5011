import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { machineDir } from "../layout";
import { runInside } from "../machine/machine";
import { ensureImage } from "./build";
import { onDemand } from "./catalogue";

const ctr = ["ctr", "--namespace=k8s.io", "--address=/run/containerd/containerd.sock", "images"];

/**
 * Gives a running node's containerd an image's archive, unless it has that very archive already: an archive's name
 * tells its contents, which the image's name does not.
 */
export async function loadImage(machine: string, archive: string): Promise<void> {
  if (existsSync(mark(machine, archive))) return;
  await runInside(machine, [...ctr, "import", archive]);
  markLoaded(machine, [archive]);
}

/** Makes an image that no node begins with, and gives it to a running node. */
export async function loadOnDemand(machine: string, name: string): Promise<void> {
  const image = onDemand().find((one) => one.name === name);
  if (image === undefined) throw new Error(`there is no image ${name}`);
  await loadImage(machine, await ensureImage(image));
}

/** Notes that a node has the images of these archives. */
export function markLoaded(machine: string, archives: string[]): void {
  for (const archive of archives) {
    mkdirSync(join(machineDir(machine), "images"), { recursive: true });
    writeFileSync(mark(machine, archive), "");
  }
}

function mark(machine: string, archive: string): string {
  return join(machineDir(machine), "images", basename(archive));
}
