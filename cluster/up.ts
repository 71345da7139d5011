import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { installAddons } from "./addons/install";
import { ensureBinaries } from "./binaries";
import { controlPlane, defineControlPlane } from "./control-plane";
import { noteKernelSettings } from "./host";
import { bootNode } from "./faults";
import { ensureImage } from "./images/build";
import { catalogue } from "./images/catalogue";
import { loadImage } from "./images/load";
import { ensureSeed, plantSeed } from "./images/seed";
import { kubectlPath } from "./kubectl";
import { writeKubeconfig } from "./kubeconfig";
import { kubeconfig, stateDir } from "./layout";
import { powerOn } from "./machine/machine";
import { findMachine, foreignMachines } from "./machine/processes";
import { letGo } from "./machine/services";
import { ensureNetwork } from "./network";
import { defineNode, nodeName } from "./node";
import { ensureObjectStore, hasObjectStore } from "./object-store";
import { ensurePki } from "./pki";
import { ensurePrerequisites } from "./prerequisites";
import { UserError } from "./errors";
import { step } from "./progress";
import { apiServerReady, nodesReady } from "./readiness";
import { clusterSize, noteClusterSize } from "./size";
import { ensureStorageArray } from "./storage-array";

/**
 * Brings the cluster up. Every step looks whether its work is done already, so that `up` on a running cluster
 * changes nothing, and `up` after a failed one goes on where that stopped.
 */
export async function up(nodes: number): Promise<void> {
  refuseForeignCluster();
  refuseOtherSize(nodes);
  await ensurePrerequisites();
  await ensureBinaries();
  const archives: string[] = [];
  for (const image of catalogue()) archives.push(await ensureImage(image));
  const seed = await ensureSeed(archives);

  const names = Array.from({ length: nodes }, (_, index) => nodeName(index + 1));
  await step("keys, network and storage", async () => {
    noteKernelSettings();
    await ensureStorageArray();
    noteClusterSize(nodes);
    await ensurePki(names);
    writeKubeconfig(kubeconfig, "admin");
    linkKubectl();
    await ensureNetwork(nodes);
  });
  await step("control plane", async () => {
    if (findMachine(controlPlane) === undefined) defineControlPlane(nodes);
    await powerOn(controlPlane);
    await letGo(controlPlane, "kube-apiserver");
    await apiServerReady();
  });
  await step(`${nodes} nodes`, async () => {
    await Promise.all(
      names.map(async (name, index) => {
        if (findMachine(name) === undefined) {
          await defineNode(index + 1, nodes);
          await plantSeed(name, seed, archives);
        }
        await bootNode(name);
      }),
    );
  });
  await step("images", async () => {
    await Promise.all(
      names.map(async (machine) => {
        for (const archive of archives) await loadImage(machine, archive);
      }),
    );
  });
  await step("nodes ready", async () => nodesReady(names));
  if (hasObjectStore()) await ensureObjectStore();
  await installAddons();
}

/** Two test beds would fight over the same addresses. */
function refuseForeignCluster(): void {
  const other = foreignMachines().at(0);
  if (other === undefined) return;
  const checkout = other.split("/.cluster/")[0];
  throw new UserError(
    `A test bed of another checkout is running: ${checkout}. One machine has room for one; ` +
      `take that one down first, with \`npm run cluster -- down\` in that folder.`,
  );
}

/** Routes and certificates are laid out for a number of nodes; changing it means starting anew. */
function refuseOtherSize(nodes: number): void {
  const size = clusterSize();
  if (size === undefined || size === nodes) return;
  throw new UserError(
    `The cluster was brought up with ${size} nodes, not ${nodes}. ` +
      `Say \`up --nodes ${size}\`, or first \`down\`, which deletes what is in it.`,
  );
}

function linkKubectl(): void {
  const link = join(stateDir, "kubectl");
  rmSync(link, { force: true });
  symlinkSync(kubectlPath(), link);
}
