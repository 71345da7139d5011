import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const GOLDEN = join(__dirname, "..", "..", "golden");

type Files = Record<string, string>;

/** The files of a folder, by name. */
export function filesOf(folder: string): Files {
  return Object.fromEntries(
    readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]),
  );
}

/** What was made in a folder, as it would be kept, and what is kept under a name; `UPDATE_GOLDEN` keeps what was made. */
export function golden(name: string, folder: string): { made: Files; kept: Files } {
  const made = digested(filesOf(folder));
  const path = join(GOLDEN, name);
  if (process.env["UPDATE_GOLDEN"]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    for (const [file, text] of Object.entries(made)) writeFileSync(join(path, file), text);
  }
  return { made, kept: filesOf(path) };
}

/** Of a program in base64 its digest is kept, which tells one from another and does not make the history grow. */
function digested(files: Files): Files {
  const digest = (program: string) =>
    createHash("sha256").update(Buffer.from(program, "base64")).digest("hex");
  return Object.fromEntries(
    Object.entries(files).map(([file, text]) => [
      file,
      text.replace(
        /^( +\S+\.gz: )([\w+/=]+)$/gm,
        (_, key: string, program: string) => `${key}sha256:${digest(program)}`,
      ),
    ]),
  );
}
