import { parseBytes } from "../../components/common/quantity";
import type { Claim, StorageClass, Volume } from "../kube/objects";
import { warningsOf } from "./events";
import { type Finding, notice, problem } from "./findings";
import { fullness } from "./fullness";
import type { Observed } from "./observe";

/** What is the matter with a claim; nothing if it is bound, of the size that is wanted, and has room. */
export function claimTrouble(claim: Claim, observed: Observed): Finding | undefined {
  const { name } = claim.metadata;
  switch (claim.status?.phase) {
    case "Bound":
      return resizeTrouble(claim, observed) ?? fullness(claim, observed);
    case "Lost":
      return problem(
        name,
        `its PersistentVolume ${claim.spec.volumeName ?? ""} was deleted`,
        "make the PersistentVolume again with the same name and place, if the disk still has the data",
      );
    default:
      return pendingTrouble(claim, observed);
  }
}

function pendingTrouble(
  claim: Claim,
  { classes, volumes, events, unavailable }: Observed,
): Finding | undefined {
  const { name } = claim.metadata;
  const { storageClassName } = claim.spec;
  if ("storageclasses" in unavailable) return undefined;
  if (storageClassName === undefined) {
    return problem(
      name,
      "the claim is Pending: it names no storage class, and the cluster has no default class",
      "make a class the default one, or name one with stateful:storage.className and existing: true",
    );
  }
  const storageClass = classes.find(({ metadata }) => metadata.name === storageClassName);
  if (storageClass === undefined) {
    const known = classes.map(({ metadata }) => metadata.name).join(", ") || "none";
    return problem(
      name,
      `the claim is Pending: there is no storage class ${storageClassName}`,
      `name a class that is there (${known}) with stateful:storage.className, or create that one`,
    );
  }
  if (storageClass.provisioner === "kubernetes.io/no-provisioner") {
    return noVolumeFor(claim, storageClass, volumes);
  }
  const [failed] = warningsOf(events, "PersistentVolumeClaim", name);
  if (failed === undefined) return undefined;
  return problem(
    name,
    `the claim is Pending: ${storageClass.provisioner} cannot make its volume: ${failed.message ?? ""}`,
    "see to what it says; the provisioner tries again by itself",
  );
}

/** With a class that makes no volumes, a claim takes one that is there, is free and is large enough. */
function noVolumeFor(claim: Claim, { metadata }: StorageClass, volumes: Volume[]): Finding | undefined {
  const { name, namespace = "" } = claim.metadata;
  const wanted = claim.spec.resources.requests.storage;
  const ofClass = volumes.filter(({ spec }) => spec.storageClassName === metadata.name);
  const mine = ofClass.filter(
    ({ spec: { claimRef } }) =>
      claimRef === undefined || (claimRef.namespace === namespace && claimRef.name === name),
  );
  const large = mine.filter(({ spec }) => bytes(spec.capacity.storage) >= bytes(wanted));
  if (large.some(({ status }) => status?.phase === "Available" || status?.phase === "Bound"))
    return undefined;
  const start = `the claim ${name} is Pending: its class ${metadata.name} makes no volumes,`;
  const released = large.find(({ status }) => status?.phase === "Released");
  if (released) {
    return problem(
      name,
      `${start} and its PersistentVolume ${released.metadata.name} still belongs to a claim that was deleted`,
      `if its data is to be used again: kubectl patch pv ${released.metadata.name} --type json ` +
        `-p '[{"op":"remove","path":"/spec/claimRef/uid"}]'`,
    );
  }
  const why =
    ofClass.length === 0
      ? "and there is no PersistentVolume of that class"
      : mine.length === 0
        ? `and each PersistentVolume of that class (${ofClass.length}) belongs to another claim`
        : `and no free PersistentVolume of that class has ${wanted}`;
  return problem(
    name,
    `${start} ${why}`,
    `create a PersistentVolume of class ${metadata.name} with ${wanted} or more for it; or let the stack make one for ` +
      "each replica: stateful:storage with className, path and nodes (docs/storage.md)",
  );
}

function resizeTrouble(claim: Claim, { classes }: Observed): Finding | undefined {
  const { name } = claim.metadata;
  const wanted = claim.spec.resources.requests.storage;
  const has = claim.status?.capacity?.storage ?? wanted;
  if (bytes(wanted) <= bytes(has)) return undefined;
  const conditions = claim.status?.conditions ?? [];
  const failed = conditions.find(({ type }) => /ResizeError$/.test(type));
  if (failed) return problem(name, `it cannot grow from ${has} to ${wanted}: ${failed.message ?? ""}`);
  const storageClass = classes.find(({ metadata }) => metadata.name === claim.spec.storageClassName);
  if (storageClass && !storageClass.allowVolumeExpansion) {
    return problem(
      name,
      `it cannot grow from ${has} to ${wanted}: its class ${storageClass.metadata.name} lets no volume grow`,
    );
  }
  const mounted = conditions.some(({ type }) => type === "FileSystemResizePending");
  return notice(
    name,
    mounted
      ? `the disk has grown to ${wanted}; the file system (${has}) follows while the pod runs`
      : `it is growing from ${has} to ${wanted}`,
  );
}

function bytes(quantity: string): number {
  return parseBytes(quantity) ?? 0;
}
