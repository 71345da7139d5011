import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { within } from "./clock";
import type { MemberRecord } from "./types";

/** How long a record may take to be written, ms: longer than a slow disk takes. */
const WRITE_WITHIN = 10_000;

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
  private readonly departure: string;
  private current: MemberRecord | undefined;
  private writing: Promise<void> | undefined;

  /**
   * @param directory - a directory on the data volume, outside the engine's data directory.
   * @param limit - how long writing may take, ms.
   */
  constructor(
    directory: string,
    private readonly limit = WRITE_WITHIN,
  ) {
    this.path = join(directory, "member.json");
    this.departure = join(directory, "left");
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

  /**
   * Changes fields and writes it; a no-op when nothing changes. `undefined` removes a field.
   * @throws Error when that takes too long: then it may be written later, and nothing else is until it was.
   */
  async update(change: Partial<MemberRecord>): Promise<void> {
    while (this.writing)
      await within(
        this.limit,
        this.writing.catch(() => undefined),
      );
    const base = this.current ?? { stage: "member", epoch: 0 };
    const next = JSON.parse(JSON.stringify({ ...base, ...change })) as MemberRecord;
    if (this.current && JSON.stringify(next) === JSON.stringify(this.current)) return;
    this.writing = writeWhole(this.path, JSON.stringify(next))
      .then(() => {
        this.current = next;
      })
      .finally(() => {
        this.writing = undefined;
      });
    await within(this.limit, this.writing);
  }

  /** Whether the script's sign of a departure lies beside it: its file `left`. */
  async hasDeparture(): Promise<boolean> {
    return (await readIfThere(this.departure)) !== undefined;
  }

  async forgetDeparture(): Promise<void> {
    await rm(this.departure, { force: true });
  }
}
