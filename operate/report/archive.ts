import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { create } from "tar";

/**
 * Writes files into a gzipped tar archive, for its owner alone.
 *
 * @param folder that all of them are in once the archive is unpacked
 */
export async function writeArchive(path: string, folder: string, files: Map<string, string>): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "stateful-report-"));
  try {
    for (const [name, text] of files) {
      const file = join(scratch, folder, name);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(file, text, { mode: 0o600 });
    }
    // Made before it is filled: until its mode is set, it holds nothing.
    writeFileSync(path, "", { mode: 0o600, flag: "wx" });
    await create({ gzip: true, file: path, cwd: scratch, portable: true }, [folder]);
    chmodSync(path, 0o600);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
