import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { buildSync } from "esbuild";
import { binariesDir } from "./binaries";
import { checkout } from "./layout";

/**
 * A program for Node in one file, with all that it imports.
 *
 * @param entry - below the project
 * @returns its path below {@link binariesDir}, where it is called as its entry; another program has another one
 */
export function nodeProgram(entry: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(checkout, entry)],
    write: false,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "warning",
  });
  const contents = outputFiles[0]?.contents ?? new Uint8Array();
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 12);
  const path = join(`node-program-${hash}`, basename(entry, ".ts"));
  const file = join(binariesDir, path);
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.unfinished`, contents, { mode: 0o755 });
    renameSync(`${file}.unfinished`, file);
  }
  return path;
}
