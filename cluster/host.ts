import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateDir } from "./layout";

/**
 * Settings of the whole kernel that kubelet changes and no namespace holds. They are noted before the first node
 * starts and put back when the last has gone.
 */
const settings = [
  "/proc/sys/vm/overcommit_memory",
  "/proc/sys/vm/panic_on_oom",
  "/proc/sys/kernel/panic",
  "/proc/sys/kernel/panic_on_oops",
  "/proc/sys/kernel/keys/root_maxkeys",
  "/proc/sys/kernel/keys/root_maxbytes",
];

const notes = join(stateDir, "kernel-settings.json");

export function noteKernelSettings(): void {
  // Notes of an earlier try are the true ones: what the kernel has now may be kubelet's.
  if (existsSync(notes)) return;
  mkdirSync(stateDir, { recursive: true });
  const values = settings
    .filter((path) => existsSync(path))
    .map((path) => [path, readFileSync(path, "utf8").trim()]);
  writeFileSync(notes, JSON.stringify(Object.fromEntries(values), null, 2));
}

export function restoreKernelSettings(): void {
  if (!existsSync(notes)) return;
  const values = JSON.parse(readFileSync(notes, "utf8")) as Record<string, string>;
  for (const [path, value] of Object.entries(values)) writeFileSync(path, value);
}
