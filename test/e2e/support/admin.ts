import { kubectl } from "./cluster";
import type { Scene } from "./scene";

/** Runs SQL as the administrator, in the server's own container. @returns a line for each row */
export async function adminSql(
  { namespace, database, engine }: Pick<Scene, "namespace" | "database" | "engine">,
  pod: string,
  statement: string,
): Promise<string[]> {
  const path = "jsonpath={.data.admin-password}";
  const encoded = await kubectl.run([
    "get",
    "secret",
    `${database}-credentials`,
    "-n",
    namespace,
    "-o",
    path,
  ]);
  const password = Buffer.from(encoded, "base64").toString();
  const place = [pod, "-n", namespace, "-c", engine.container];
  const output = await kubectl.run(
    ["exec", ...place, "--stdin", "--", "bash", "-c", engine.shell.administrator],
    `${password}\n${statement}`,
  );
  return output.trim() === "" ? [] : output.trim().split("\n");
}
