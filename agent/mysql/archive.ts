import { open, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { timeOfDay } from "../core/clock";
import type { Archive, LogHole, Stretch } from "../core/engine";
import { positions } from "./archived";
import { headOf, Scanner } from "./binlog";
import { contains, parseGtids, printGtids, unite, type GtidSet } from "./gtid";
import type { RootConnection } from "./sql";

/** Read at once, bytes. */
const CHUNK = 1024 * 1024;

/** As much of a file as its first event takes. */
const FIRST_EVENT = 1024;

/** Most of a file that is stored at once, bytes: what is stored of a long file is not stored again when it was cut off. */
const LONGEST = 64 * 1024 * 1024;

/** A binary log file, as it stays while it is there. */
interface LogFile {
  name: string;
  /** All that this server logged before it: what a copy brought with it is in no file, and named by none. */
  previous: string;
  head: string;
}

/** Where the server's log stands. */
interface Status {
  file: string;
  position: number;
  executed: string;
}

/**
 * The server's binary logs, read as files up to where they are sure to stay. No file is closed for it: files with a transaction
 * or two each make logs slow to replay.
 */
export class BinaryLogs implements Archive {
  readonly positions = positions;
  private readonly files = new Map<string, LogFile>();
  private folder: string | undefined;
  /** The server was told to delete logs by their age, as it does by itself. */
  private left = false;

  constructor(
    private readonly root: Pick<RootConnection, "run">,
    private readonly now: () => number = timeOfDay,
  ) {}

  async position(): Promise<string> {
    const rows = await this.root.run("SELECT @@gtid_executed AS executed");
    return tidy(rows.at(0)?.["executed"]);
  }

  async begin(): Promise<string> {
    const [oldest] = await this.names();
    if (oldest === undefined) throw new Error("the server has no binary logs");
    return this.before(await this.look(oldest), await this.unlogged());
  }

  async next(archived: string, stored: readonly Stretch[]): Promise<Stretch | LogHole | undefined> {
    const status = await this.status();
    const names = await this.names();
    const unlogged = await this.unlogged();
    const index = await this.lastWithin(names, archived, unlogged);
    const name = names[Math.max(0, index)];
    if (name === undefined) throw new Error("the server has no binary logs");
    const file = await this.look(name);
    if (index < 0) return { hole: true, after: this.before(file, unlogged), until: await this.begun(name) };
    const following = names[index + 1];
    if (name !== status.file && following === undefined) return undefined;
    const of = stored.filter((one) => one.file === name && one.head === file.head);
    const done = of.sort((a, b) => a.to - b.to).at(-1);
    const end = name === status.file ? status.position : (await stat(await this.path(name))).size;
    // A server that lost its power may have lost the end of its last file.
    const from = done && done.to <= end ? done : undefined;
    const before = from?.after ?? this.before(file, unlogged);
    const last =
      name === status.file || following === undefined ? undefined : (await this.look(following)).previous;
    const stretch = await this.stretch(file, {
      from: from?.to ?? 0,
      end,
      before,
      executed: status.executed,
      last,
    });
    return stretch.to > stretch.from ? stretch : undefined;
  }

  async read({ file }: Stretch, from: number, bytes: number): Promise<Buffer> {
    const found = await this.bytes(file, from, bytes);
    if (found.length < bytes) throw new Error(`${file} has become shorter than ${from + bytes} bytes`);
    return found;
  }

  async backlog(archived: string): Promise<number> {
    const names = await this.names();
    const first = Math.max(0, await this.lastWithin(names, archived, await this.unlogged()));
    const sizes = await Promise.all(names.slice(first).map(async (name) => this.size(name)));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  async release(archived: string, bytes: number): Promise<boolean> {
    const names = await this.names();
    let left = await this.backlog(archived);
    let keep = Math.max(0, await this.lastWithin(names, archived, await this.unlogged()));
    const first = keep;
    while (left > bytes && keep < names.length - 1) {
      left -= await this.size(names[keep] ?? "");
      keep++;
    }
    if (keep === first) return false;
    await this.purgeTo(names[keep] ?? "");
    return true;
  }

  async expire(archived: string): Promise<void> {
    const names = await this.names();
    const rows = await this.root.run("SELECT @@binlog_expire_logs_seconds AS seconds");
    const seconds = Number(rows.at(0)?.["seconds"] ?? 0);
    if (seconds === 0) return;
    const stored = parseGtids(archived);
    let keep = 0;
    for (let index = 0; index < names.length - 1; index++) {
      const { mtimeMs } = await stat(await this.path(names[index] ?? ""));
      const { previous } = await this.look(names[index + 1] ?? "");
      if (this.now() - mtimeMs < seconds * 1000 || !contains(stored, parseGtids(previous))) break;
      keep = index + 1;
    }
    if (keep > 0) await this.purgeTo(names[keep] ?? "");
  }

  /** Asked each time: a restart of the server, and anybody, may have changed it. What the option file says is not ours. */
  async keep(wanted: boolean): Promise<void> {
    if (!wanted && this.left) return;
    const rows = await this.root.run(
      `SELECT v.VARIABLE_VALUE AS value, i.VARIABLE_SOURCE AS source FROM performance_schema.global_variables v
         JOIN performance_schema.variables_info i USING (VARIABLE_NAME)
         WHERE VARIABLE_NAME = 'binlog_expire_logs_auto_purge'`,
    );
    const deletes = rows.at(0)?.["value"] === "ON";
    const ours = rows.at(0)?.["source"] !== "EXPLICIT";
    if (deletes === wanted && (wanted || ours)) {
      await this.root.run(`SET GLOBAL binlog_expire_logs_auto_purge = ${wanted ? "OFF" : "ON"}`);
    }
    this.left = !wanted;
  }

  /** What of a file is stored next. */
  private async stretch(
    { name, head }: LogFile,
    ends: { from: number; end: number; before: string; executed: string; last: string | undefined },
  ): Promise<Stretch> {
    const { from, end, before } = ends;
    const executed = parseGtids(ends.executed);
    const scanner = new Scanner(from);
    let logged = new Set<string>();
    let reached = parseGtids(before);
    let [tagged, first, last] = [false, undefined as number | undefined, undefined as number | undefined];
    let to = end;
    scan: for (let at = from; at < end; at += CHUNK) {
      for (const { at: begins, gtid, committed } of scanner.feed(
        await this.bytes(name, at, Math.min(CHUNK, end - at)),
      )) {
        // Written, and perhaps not yet on the disk: after a loss of power another one may have its identifier.
        const uncommitted = gtid !== undefined && !contains(executed, parseGtids(gtid));
        if (uncommitted || (begins - from >= LONGEST && !tagged)) {
          to = begins;
          break scan;
        }
        if (gtid === undefined) tagged = true;
        else logged.add(gtid);
        if (committed === undefined) continue;
        first = Math.min(first ?? committed, committed);
        last = Math.max(last ?? committed, committed);
      }
      reached = unite(reached, parseGtids([...logged].join(",")));
      logged = new Set();
    }
    reached = unite(reached, parseGtids([...logged].join(",")));
    // Only whole can a stretch with identifiers that are not read be said to hold all that the server has.
    const all = to === end ? unite(reached, parseGtids(ends.last ?? ends.executed)) : reached;
    const after = printGtids(tagged || ends.last !== undefined ? all : reached);
    return {
      file: name,
      head,
      from,
      to,
      before,
      after,
      ...(first === undefined ? {} : { first }),
      ...(last === undefined ? {} : { last }),
    };
  }

  /** The last file all before which is in `archived`; -1 if none is. */
  private async lastWithin(names: readonly string[], archived: string, unlogged: string): Promise<number> {
    const stored: GtidSet = parseGtids(archived);
    for (let index = names.length - 1; index >= 0; index--) {
      const file = await this.look(names[index] ?? "");
      if (contains(stored, parseGtids(this.before(file, unlogged)))) return index;
    }
    return -1;
  }

  /** What is committed and in none of the files that are there, the oldest of which comes after all of it. */
  private async unlogged(): Promise<string> {
    const rows = await this.root.run("SELECT @@gtid_purged AS purged");
    return tidy(rows.at(0)?.["purged"]);
  }

  /** What the data had when a file was begun, of what a copy brought too. */
  private before({ previous }: LogFile, unlogged: string): string {
    return printGtids(unite(parseGtids(previous), parseGtids(unlogged)));
  }

  private async status(): Promise<Status> {
    const rows = await this.root.run("SELECT LOCAL AS local FROM performance_schema.log_status");
    const local = rows.at(0)?.["local"];
    const { binary_log_file, binary_log_position, gtid_executed } = (
      typeof local === "string" ? JSON.parse(local) : local
    ) as Record<string, unknown>;
    if (typeof binary_log_file !== "string" || typeof binary_log_position !== "number") {
      throw new Error("the server does not say where its binary log stands");
    }
    return { file: binary_log_file, position: binary_log_position, executed: tidy(gtid_executed) };
  }

  /** The files, the oldest first. */
  private async names(): Promise<string[]> {
    const index = await readFile(`${await this.base()}.index`, "utf8");
    const names = index
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => basename(line));
    for (const name of this.files.keys()) if (!names.includes(name)) this.files.delete(name);
    return names;
  }

  private async look(name: string): Promise<LogFile> {
    const start = await this.bytes(name, 0, FIRST_EVENT);
    const known = this.files.get(name);
    if (known?.head === headOf(start, known?.previous ?? "")) return known;
    const rows = await this.root.run("SHOW BINLOG EVENTS IN ? FROM 4 LIMIT 2", [name]);
    const said = rows.find((row) => row["Event_type"] === "Previous_gtids");
    if (!said) throw new Error(`${name} does not say what was logged before it`);
    const previous = tidy(said["Info"]);
    const file = { name, previous, head: headOf(start, previous) };
    this.files.set(name, file);
    return file;
  }

  private async bytes(name: string, from: number, length: number): Promise<Buffer> {
    const file = await open(await this.path(name), "r");
    try {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await file.read(buffer, 0, length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  private async size(name: string): Promise<number> {
    return (await stat(await this.path(name))).size;
  }

  /** When a file was begun, ms since 1970: what was given up was committed before. */
  private async begun(name: string): Promise<number> {
    return (await this.bytes(name, 4, 4)).readUInt32LE(0) * 1000;
  }

  private async purgeTo(name: string): Promise<void> {
    await this.root.run("PURGE BINARY LOGS TO ?", [name]);
  }

  private async path(name: string): Promise<string> {
    return join(dirname(await this.base()), name);
  }

  private async base(): Promise<string> {
    if (this.folder === undefined) {
      const rows = await this.root.run("SELECT @@log_bin_basename AS base");
      const base = rows.at(0)?.["base"];
      if (typeof base !== "string" || base === "") throw new Error("the server has no binary logs");
      this.folder = base;
    }
    return this.folder;
  }
}

function tidy(set: unknown): string {
  return printGtids(parseGtids(typeof set === "string" ? set : ""));
}
