import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { checkout } from "./layout";
import { until } from "./wait";

/** Control groups have no namespace that would keep two checkouts' nodes apart, so their names do. */
const prefix = `stateful-${createHash("sha256").update(checkout).digest("hex").slice(0, 8)}-`;

/** Path of a node's control group below the top of each tree. */
export function nodeControlGroup(node: string): string {
  return `/${prefix}${node}`;
}

/** Version 2 has one tree of control groups; version 1 has one for each controller. */
function hierarchies(): string[] {
  const root = "/sys/fs/cgroup";
  if (existsSync(join(root, "cgroup.controllers"))) return [root];
  const entries = readdirSync(root, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name));
}

/** Paths of all control groups at the top of their tree. */
export function topControlGroups(): string[] {
  return hierarchies().flatMap((hierarchy) =>
    readdirSync(hierarchy, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(hierarchy, entry.name)),
  );
}

/** Removes what the nodes made. A group goes only when it is empty, and its last processes may be on their way out. */
export async function removeControlGroups(): Promise<void> {
  for (const group of topControlGroups().filter((path) => basename(path).startsWith(prefix))) {
    await until(
      async () => {
        removeGroup(group);
        return true;
      },
      { what: `control group ${group} to be empty`, timeoutSeconds: 30 },
    );
  }
}

/** From the innermost outwards; the files in a group go by themselves. */
function removeGroup(group: string): void {
  for (const child of readdirSync(group, { withFileTypes: true })) {
    if (child.isDirectory()) removeGroup(join(group, child.name));
  }
  rmdirSync(group);
}

/** Stops or continues every process of a pod, unseen by them: as on a machine that is paused. */
export function setFrozen(podUid: string, frozen: boolean): void {
  const group = podGroups(podUid).find(({ state }) => existsSync(state));
  if (group === undefined) throw new Error(`no process of pod ${podUid} runs on this machine`);
  writeFileSync(group.state, frozen ? group.frozen : group.thawed);
}

function podGroups(uid: string): { state: string; frozen: string; thawed: string }[] {
  const nodes = topControlGroups().filter((path) => basename(path).startsWith(prefix));
  const parents = nodes.flatMap((node) =>
    ["", "burstable", "besteffort"].map((qos) => join(node, "kubepods", qos)),
  );
  return parents.flatMap((parent) => [
    { state: join(parent, `pod${uid}`, "cgroup.freeze"), frozen: "1", thawed: "0" },
    { state: join(parent, `pod${uid}`, "freezer.state"), frozen: "FROZEN", thawed: "THAWED" },
  ]);
}
