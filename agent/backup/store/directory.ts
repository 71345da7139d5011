import { randomUUID } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { DirectoryDestination } from "../../../components/protocol/backup";
import { Late, within } from "../../core/clock";
import { Away, checkName, Exists, LARGEST, NotThere, Refused, type Store, type StoredObject } from "./store";

/** How long the volume may take for one object, ms. */
const LIMIT = 30_000;

/** Where an object is until it is whole, in the directory that it belongs to. */
const DRAFT = ".draft-";

/** A volume that is mounted. Objects are files; what is there is whole, also after the machine lost its power. */
export class DirectoryStore implements Store {
  private readonly root: string;
  /** A call that has not come back: while a volume hangs, each would keep a thread of the process. */
  private hanging: Promise<unknown> | undefined;

  /** @param limit - how long one object may take, ms. */
  constructor(
    { path, prefix }: Omit<DirectoryDestination, "kind">,
    private readonly limit = LIMIT,
  ) {
    this.root = join(path, prefix);
  }

  async put(name: string, content: Uint8Array): Promise<void> {
    const path = this.path(name);
    await this.limited(name, async () => {
      const folder = dirname(path);
      const made = await mkdir(folder, { recursive: true });
      const draft = join(folder, `${DRAFT}${randomUUID()}`);
      try {
        await writeSynced(draft, content);
        // A link is never put over a file that is there, as renaming would be.
        await link(draft, path);
      } finally {
        await rm(draft, { force: true });
      }
      await syncFolder(folder);
      if (made === undefined) return;
      for (let above = dirname(folder); above.length >= dirname(made).length; above = dirname(above)) {
        await syncFolder(above);
      }
    });
  }

  async get(name: string): Promise<Buffer> {
    const path = this.path(name);
    return await this.limited(name, async () => {
      const { size } = await stat(path);
      if (size > LARGEST) throw new Away(`${name} has ${size} bytes, more than are read`);
      return await readFile(path);
    });
  }

  async list(folder: string, after = ""): Promise<StoredObject[]> {
    const path = this.path(folder);
    const names = await this.limited(folder, async () => {
      const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(ifMissing([]));
      return entries
        .filter((entry) => entry.isFile() && !entry.name.startsWith(DRAFT))
        .map((entry) => posix.join(folder, entry.parentPath.slice(path.length), entry.name))
        .filter((name) => name > after)
        .sort(byName);
    });
    return await this.limited(folder, async () => {
      const objects: StoredObject[] = [];
      for (const name of names) {
        const found = await stat(this.path(name)).catch(ifMissing(undefined));
        if (found) objects.push({ name, size: found.size, modified: found.mtimeMs });
      }
      return objects;
    });
  }

  async folders(folder: string): Promise<string[]> {
    const path = this.path(folder);
    return await this.limited(folder, async () => {
      const entries = await readdir(path, { withFileTypes: true }).catch(ifMissing([]));
      return entries
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort(byName);
    });
  }

  async delete(name: string): Promise<void> {
    const path = this.path(name);
    await this.limited(name, () => rm(path, { force: true }));
  }

  async time(folder: string): Promise<number> {
    const path = this.path(folder);
    return await this.limited(folder, async () => {
      await mkdir(path, { recursive: true });
      const draft = join(path, `${DRAFT}${randomUUID()}`);
      try {
        await writeSynced(draft, Buffer.from("?"));
        return (await stat(draft)).mtimeMs;
      } finally {
        await rm(draft, { force: true });
      }
    });
  }

  async removeDrafts(folder: string, before: number): Promise<number> {
    const path = this.path(folder);
    return await this.limited(folder, async () => {
      const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(ifMissing([]));
      let removed = 0;
      for (const entry of entries.filter(({ name }) => name.startsWith(DRAFT))) {
        const draft = join(entry.parentPath, entry.name);
        const found = await stat(draft).catch(ifMissing(undefined));
        if (!found?.isFile() || found.mtimeMs >= before) continue;
        await rm(draft, { force: true });
        removed++;
      }
      return removed;
    });
  }

  private path(name: string): string {
    checkName(name);
    return join(this.root, name);
  }

  private async limited<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.hanging) throw new Away("the backup volume has not answered for a while");
    const running = work();
    try {
      return await within(this.limit, running);
    } catch (error) {
      if (error instanceof Late) {
        this.hanging = running
          .catch(() => undefined)
          .finally(() => {
            this.hanging = undefined;
          });
      }
      throw translated(name, error, this.limit);
    }
  }
}

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}

async function writeSynced(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o640);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return value;
    throw error;
  };
}

function translated(name: string, error: unknown, limit: number): unknown {
  if (error instanceof Late) return new Away(`the backup volume did not answer in ${limit / 1000} s`);
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "EEXIST":
      return new Exists(`${name} is there already`);
    case "ENOENT":
      return new NotThere(`${name} is not there`);
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ENOTSUP":
      return new Refused(
        `the backup volume does not let us write: ${message}`,
        "give the members' user the right to write there, on a file system that has hard links",
      );
    case "ENOSPC":
    case "EDQUOT":
      return new Refused("the backup volume is full", "let it grow, or keep backups for a shorter time");
    case undefined:
      return error;
    default:
      return new Away(`the backup volume: ${message}`);
  }
}
