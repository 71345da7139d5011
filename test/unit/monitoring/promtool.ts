import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { debianProgram } from "../../../cluster/debian-programs";

/** Prometheus' own judge of rules and figures. */
export const promtool = debianProgram("prometheus", "promtool");

/** Skips a suite where it is missing, and says so in one line. */
export function needsPromtool(context: Mocha.Context): void {
  if (promtool !== undefined) return;
  console.log("    skipped: there is no promtool: `npm run cluster -- prometheus` fetches it");
  context.skip();
}

/** Runs it beside some files. @returns what it said against them; nothing where all is well */
export function judged(files: Record<string, string>, args: string[], input = ""): string {
  const directory = mkdtempSync(join(tmpdir(), "stateful-promtool-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const { status, stdout, stderr } = spawnSync(promtool ?? "", args, {
      cwd: directory,
      encoding: "utf8",
      input,
    });
    return status === 0 ? "" : `${stdout}${stderr}` || `it ended with ${status}`;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
