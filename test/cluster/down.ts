import { existsSync, readdirSync, rmSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { restoreKernelSettings } from "./host";
import { machineDir, stateDir } from "./layout";
import { powerOff } from "./machine/machine";
import { removeNetwork } from "./network";
import { step } from "./progress";
import { removeStorageArray } from "./storage-array";
import { until } from "./wait";

/** Logs of failed runs outlive the cluster they came from. */
const kept = ["failed"];

/**
 * Takes the cluster away: processes, mounts, loop devices, network, control groups and all data. Works on whatever
 * is left, also after a failed `up`.
 */
export async function down(): Promise<void> {
  if (!existsSync(stateDir)) return;
  const machines = existsSync(machineDir("")) ? readdirSync(machineDir("")) : [];
  await step("machines off", async () => {
    await Promise.all(machines.map(powerOff));
  });
  await step("network, storage and control groups away", async () => {
    await removeNetwork();
    await removeStorageArray();
    for (const machine of machines) await removeControlGroups(`stateful-${machine}`);
    restoreKernelSettings();
    for (const entry of readdirSync(stateDir)) {
      if (!kept.includes(entry)) rmSync(join(stateDir, entry), { recursive: true, force: true });
    }
  });
}

/** A group can only be removed when it is empty, and its last processes may still be on their way out. */
async function removeControlGroups(name: string): Promise<void> {
  for (const hierarchy of readdirSync("/sys/fs/cgroup", { withFileTypes: true })) {
    if (!hierarchy.isDirectory()) continue;
    const group = join("/sys/fs/cgroup", hierarchy.name, name);
    await until(
      async () => {
        if (existsSync(group)) removeGroup(group);
        return true;
      },
      { what: `control group ${group} to be empty`, timeoutSeconds: 30 },
    );
  }
}

/** Groups are removed from the innermost outwards; their files go by themselves. */
function removeGroup(group: string): void {
  for (const child of readdirSync(group, { withFileTypes: true })) {
    if (child.isDirectory()) removeGroup(join(group, child.name));
  }
  rmdirSync(group);
}
