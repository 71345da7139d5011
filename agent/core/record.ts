import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MemberRecord } from "./types";

/** Replaces a file as a whole: after a crash it is the old or the new one, never a part. */
export async function writeWhole(path: string, text: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  const file = await open(draft, "w", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** Reads a text file; `undefined` when it does not exist. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Keeps a `MemberRecord` as a file on the member's volume. */
export class RecordFile {
  private readonly path: string;
  private current: MemberRecord | undefined;

  /** @param directory - a directory on the data volume, outside the engine's data directory. */
  constructor(directory: string) {
    this.path = join(directory, "member.json");
  }

  /** What was last read or written. */
  get value(): MemberRecord | undefined {
    return this.current;
  }

  /** Reads it from disk. @throws Error when the file is there and unreadable: it is not taken for absent. */
  async load(): Promise<MemberRecord | undefined> {
    const text = await readIfThere(this.path);
    this.current = text === undefined ? undefined : (JSON.parse(text) as MemberRecord);
    return this.current;
  }

  /** Changes fields and writes it; a no-op when nothing changes. `undefined` removes a field. */
  async update(change: Partial<MemberRecord>): Promise<void> {
    const base = this.current ?? { stage: "member", epoch: 0 };
    const next = JSON.parse(JSON.stringify({ ...base, ...change })) as MemberRecord;
    if (this.current && JSON.stringify(next) === JSON.stringify(this.current)) return;
    await writeWhole(this.path, JSON.stringify(next));
    this.current = next;
  }
}
