import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { until } from "./wait";

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
  for (const group of topControlGroups().filter((path) => /\/stateful-node\d+$/.test(path))) {
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
