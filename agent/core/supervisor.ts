import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { monotonic, timeOfDay } from "./clock";
import { readIfThere, writeWhole } from "./record";

/** Below this a server waits or refuses, since its files grow by megabytes; bytes. */
const ROOM = 4 * 1024 * 1024;

/** How much of what the server said last is looked at, bytes. */
const LOG_READ = 64 * 1024;

/** What the script says before it starts the server. */
const START = "supervise.sh: starting the server";

/** What the script is to do: see {@link Supervisor}. */
export type Order = "run" | "init" | "once" | "hold";

/** How the server process is: reported by the script in the engine's container. */
export interface ProcessReport {
  running: boolean;
  /** How often in a row it ended within seconds of its start. */
  failures: number;
}

/**
 * The agent's side of the protocol with the script that runs the server in the engine's container.
 * They share a directory in memory:
 *
 * | file | written by | meaning |
 * |---|---|---|
 * | `order` | agent | `run`: keep the server running; `init`: the same, making an empty data directory if there is none; `once`: as that, but not again when it has ended, for which the script removes the file; `hold`: do not start it |
 * | `kill` | agent | stop the server at once; the script removes the file when it starts the next |
 * | `killed` | script | everything of the server has been sent the signal that ends it |
 * | `arguments` | agent | one more argument for the server per line |
 * | `log`, `log.old` | script | the last of what the server said |
 * | `state` | script | `running N` or `stopped N`, N being failures in a row |
 * | `WORD.request` | agent | something that the script is to do with the running server, as `engine.sh` knows it |
 * | `WORD.doing` | script | it is about it |
 * | `WORD.outcome` | script | what it has come to: an exit status, and what was said last. The script removes all three when it starts the server |
 * | `answered` | agent | the server has answered; the script removes the file when it starts the next |
 * | `stopping` | agent | the pod is being stopped; the script removes it when it starts |
 * | `ran` | agent | a server has run in this pod |
 */
export class Supervisor {
  private seen: { free: number; size: number } | undefined;

  /**
   * @param control - the shared directory.
   * @param volume - the mount of the data volume.
   * @param marks - entries of a data directory. One that has none of them holds nothing: a server whose disk was emptied
   * while it ran may have made it, and a file or two in it. Without marks every directory counts as data.
   */
  constructor(
    readonly control: string,
    private readonly volume: string,
    private readonly marks: readonly string[] = [],
  ) {}

  async order(order: Order): Promise<void> {
    const path = join(this.control, "order");
    if ((await readIfThere(path)) !== `${order}\n`) await writeWhole(path, `${order}\n`, 0o644);
  }

  /** The server has its data: from now on an empty directory is not made anew without another order. */
  async hasBegun(): Promise<void> {
    const order = await readIfThere(join(this.control, "order"));
    if (order !== "hold\n") await this.order("run");
  }

  /** What a start gets beside what all get, a line each. */
  async arguments(): Promise<string[]> {
    const text = (await readIfThere(join(this.control, "arguments"))) ?? "";
    return text.split("\n").filter((line) => line !== "");
  }

  async setArguments(lines: readonly string[]): Promise<void> {
    await writeWhole(join(this.control, "arguments"), lines.map((line) => `${line}\n`).join(""), 0o644);
  }

  async report(): Promise<ProcessReport> {
    const text = (await readIfThere(join(this.control, "state"))) ?? "stopped 0";
    const failures = /\d+/.exec(text)?.[0];
    return { running: text.startsWith("running"), failures: Number(failures ?? 0) };
  }

  /** What the server said since it was started last, as far as that is kept. */
  async log(): Promise<string> {
    const [old, last] = await Promise.all(
      ["log.old", "log"].map((name) => readEnd(join(this.control, name), LOG_READ)),
    );
    return `${old}${last}`.split(START).at(-1) ?? "";
  }

  async isStopping(): Promise<boolean> {
    return (await readIfThere(join(this.control, "stopping"))) !== undefined;
  }

  async setStopping(): Promise<void> {
    await writeWhole(join(this.control, "stopping"), "");
  }

  /** Whether a server has run in this pod. */
  async hasRun(): Promise<boolean> {
    return (await readIfThere(join(this.control, "ran"))) !== undefined;
  }

  async setRan(): Promise<void> {
    await writeWhole(join(this.control, "ran"), "");
  }

  /** Stops the server at once; it is started again if that is the order. */
  async kill(): Promise<void> {
    await writeWhole(join(this.control, "kill"), "");
  }

  /** The server that runs has answered: if it ends now, it is not for a start that failed. */
  async setAnswered(): Promise<void> {
    const path = join(this.control, "answered");
    if (!(await exists(path))) await writeWhole(path, "");
  }

  /** Whether what the server was asked for by way of the script was done; `undefined` while that is not known. */
  async wasDone(word: string): Promise<boolean | undefined> {
    return (await this.outcome(word))?.done;
  }

  /**
   * Has the script do something with the running server, and waits for that, for as long as it takes.
   * @throws Error with what was said, when it was not done; or that the server has ended.
   */
  async request(word: string): Promise<void> {
    await rm(join(this.control, `${word}.outcome`), { force: true });
    await writeWhole(join(this.control, `${word}.request`), "", 0o644);
    for (;;) {
      // In this order: one goes when the next is there.
      const is = (end: string) => exists(join(this.control, `${word}.${end}`));
      const underWay = (await is("request")) || (await is("doing"));
      const outcome = await this.outcome(word);
      if (outcome?.done === true) return;
      if (outcome) throw new Error(lastLines(outcome.words) || `${word} failed without a word`);
      if (!underWay || !(await this.report()).running) throw new Error("the server has ended meanwhile");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  private async outcome(word: string): Promise<{ done: boolean; words: string } | undefined> {
    const text = await readIfThere(join(this.control, `${word}.outcome`));
    if (text === undefined) return undefined;
    const [code, ...words] = text.split("\n");
    return { done: code === "0", words: words.join("\n") };
  }

  /**
   * Stops the server at once and waits until it is gone.
   * @throws Error when it is still there after `patience` ms.
   */
  async halt(patience = 20_000): Promise<void> {
    await this.order("hold");
    await this.kill();
    const end = monotonic() + patience;
    while ((await this.report()).running) {
      if (monotonic() > end) throw new Error("the server did not stop");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /**
   * Ends the server, and returns when none of it does anything any more. It may still be there: a process that waits for a
   * disk goes only when that answers.
   * @throws Error when nobody has done so after `patience` ms.
   */
  async end(patience = 5_000): Promise<void> {
    await this.order("hold");
    await rm(join(this.control, "killed"), { force: true });
    await this.kill();
    const stop = monotonic() + patience;
    while ((await this.report()).running && (await readIfThere(join(this.control, "killed"))) === undefined) {
      if (monotonic() > stop) throw new Error("nobody ends the server");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Writes and syncs a few bytes on the volume. On one that hangs, this never returns. */
  async touch(): Promise<void> {
    await mkdir(join(this.volume, "stateful"), { recursive: true });
    // In place: neither a full volume nor its journal has to do with it.
    const file = await open(
      join(this.volume, "stateful", "pulse"),
      constants.O_WRONLY | constants.O_CREAT,
      0o600,
    );
    try {
      await file.write(`${timeOfDay()}\n`, 0);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  async hasData(): Promise<boolean> {
    const directory = join(this.volume, "data");
    if (this.marks.length === 0) return await exists(directory);
    for (const mark of this.marks) if (await exists(join(directory, mark))) return true;
    return false;
  }

  /** Removes a data directory that holds nothing, if there is one. */
  async discardDebris(): Promise<void> {
    if ((await this.hasData()) || !(await exists(join(this.volume, "data")))) return;
    await this.halt();
    if (!(await this.hasData())) await this.discard();
  }

  /** Whether the volume has no room left for the server to work with. */
  async isFull(): Promise<boolean> {
    this.seen = await this.room();
    return this.seen.free < ROOM;
  }

  /** What was free of the volume when that was last looked at, and its size, bytes. */
  get lastRoom(): { free: number; size: number } | undefined {
    return this.seen;
  }

  /** How many data directories were set aside. */
  async countAsides(): Promise<number> {
    return (await this.asides()).length;
  }

  /** What is free of the volume now, and its size, bytes. */
  async volumeRoom(): Promise<{ free: number; size: number }> {
    return await this.room();
  }

  /** Removes a data directory that holds nothing worth keeping. The server must be stopped. */
  async discard(): Promise<void> {
    await rm(join(this.volume, "data"), { recursive: true, force: true });
  }

  /** How much a copy would lack beside the data that is there, as large as that, once older ones are given up; bytes. */
  async shortage(): Promise<{ needed: number; free: number }> {
    const sizes = await Promise.all((await this.asides()).map((name) => sizeOf(join(this.volume, name))));
    const { free } = await this.room();
    return {
      needed: await sizeOf(join(this.volume, "data")),
      free: free + sizes.reduce((sum, size) => sum + size, 0),
    };
  }

  /** What is free of the volume, and its size, bytes. */
  protected async room(): Promise<{ free: number; size: number }> {
    const { bavail, blocks, bsize } = await statfs(this.volume);
    return { free: bavail * bsize, size: blocks * bsize };
  }

  /**
   * Moves the data directory aside, so that it can be looked at or brought back by hand. Those of earlier times are
   * removed, oldest first, when less than half of the volume would be left free; this one never is.
   * @returns the new name. The server must be stopped.
   */
  async setAside(reason: string): Promise<string> {
    const stamp = new Date().toISOString().replace(/[:.]/g, "-");
    const name = `set-aside-${stamp}`;
    await rename(join(this.volume, "data"), join(this.volume, name));
    await writeWhole(join(this.volume, `${name}.txt`), `${reason}\n`);
    for (const old of (await this.asides()).filter((one) => one !== name)) {
      const { free, size } = await this.room();
      if (free * 2 >= size) break;
      await rm(join(this.volume, old), { recursive: true, force: true });
      await rm(join(this.volume, `${old}.txt`), { force: true });
    }
    return name;
  }

  private async asides(): Promise<string[]> {
    const names = await readdir(this.volume);
    return names.filter((name) => name.startsWith("set-aside-") && !name.endsWith(".txt")).sort();
  }
}

/** The end of a file, `""` when there is none. */
async function readEnd(path: string, length: number): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(length),
        0,
        length,
        Math.max(0, size - length),
      );
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** What a tool said last, in one line, without where in its program that was. */
function lastLines(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !/^\s+at /.test(line));
  return lines.slice(-3).join(" ").slice(-400);
}

/** What a directory takes on its disk, bytes. What goes while it is looked at does not count. */
async function sizeOf(path: string): Promise<number> {
  const gone = (error: unknown): undefined => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  };
  const found = await lstat(path).catch(gone);
  if (found === undefined) return 0;
  let sum = found.blocks * 512;
  if (found.isDirectory()) {
    for (const name of (await readdir(path).catch(gone)) ?? []) sum += await sizeOf(join(path, name));
  }
  return sum;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    // Data that cannot be looked at is not gone.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
