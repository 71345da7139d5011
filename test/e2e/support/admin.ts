import { kubectl } from "./cluster/cluster";
import type { Scene } from "./faults/scene";
import { secretValues } from "./cluster/secrets";

/** Runs SQL as the administrator, in the server's own container. @returns a line for each row */
export async function adminSql(
  { namespace, database, engine }: Pick<Scene, "namespace" | "database" | "engine">,
  pod: string,
  statement: string,
): Promise<string[]> {
  const value = await secretValues(kubectl, namespace, `${database}-credentials`);
  const place = [pod, "-n", namespace, "-c", engine.container];
  const output = await kubectl.run(
    ["exec", ...place, "--stdin", "--", "bash", "-c", engine.shell.administrator],
    `${value("admin-password")}\n${statement}`,
  );
  return output.trim() === "" ? [] : output.trim().split("\n");
}
