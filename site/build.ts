import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { PROJECT } from "./pages";

/** Where the built site is. */
export const BUILT = join(PROJECT, "dist-site");

/** Builds it anew. @param options of VitePress, such as `--base /stateful/` @throws with what VitePress said, if it refuses */
export function buildSite(options: string[] = []): void {
  const vitepress = join(PROJECT, "node_modules", "vitepress", "bin", "vitepress.js");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [vitepress, "build", join(PROJECT, "site"), ...options],
    { cwd: PROJECT, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`The site could not be built:\n${stdout}${stderr}`);
}
