import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { removeControlGroups } from "./control-groups";
import { restoreKernelSettings } from "./host";
import { machineDir, stateDir } from "./layout";
import { powerOff } from "./machine/machine";
import { foreignMachines, runningMachines } from "./machine/processes";
import { removeNetwork } from "./network";
import { step } from "./progress";
import { removeStorageArray } from "./storage-array";

/** Logs of failed runs outlive the cluster they came from. */
const kept = ["failed"];

/**
 * Takes the cluster away: processes, mounts, loop devices, network, control groups and all data. Works on whatever
 * is left: after a failed `up`, and also when the state directory was deleted under a running cluster.
 */
export async function down(): Promise<void> {
  const known = existsSync(machineDir("")) ? readdirSync(machineDir("")) : [];
  const machines = new Set([...known, ...runningMachines()]);
  await step("machines off", async () => {
    await Promise.all([...machines].map(powerOff));
  });
  await step("network, storage and control groups away", async () => {
    // The bridge has one name on the whole machine: it may be that of another checkout's cluster.
    if (foreignMachines().length === 0) await removeNetwork();
    await removeStorageArray();
    await removeControlGroups();
    restoreKernelSettings();
    if (!existsSync(stateDir)) return;
    for (const entry of readdirSync(stateDir)) {
      if (!kept.includes(entry)) rmSync(join(stateDir, entry), { recursive: true, force: true });
    }
  });
}
