import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderStack, type RenderedStack } from "../../../operate/deploy/rendered-stack";

/** A stack file for three nodes with the given databases, one a line. */
export function stackOf(...databases: string[]): string {
  return `
config:
  stateful:target: bare-metal
  stateful:namespace: shop
  stateful:storage: { className: manual, path: /mnt/data, nodes: [a, b, c] }
  stateful:databases:
${databases.map((database) => `    ${database}\n`).join("")}`;
}

/** Renders a stack file's content as a stack of a project of its own. */
export async function renderIn(project: string, content: string, name = "mine"): Promise<RenderedStack> {
  const path = join(project, `Pulumi.${name}.yaml`);
  writeFileSync(path, content);
  return await renderStack(path, { project });
}
