import { join } from "node:path";
import { monotonic, timeOfDay, type Clock } from "../core/clock";
import type { Archive, LogHole, Stretch } from "../core/engine";
import { readIfThere, writeWhole } from "../core/record";
import { ARCHIVED_FILE, ALL_ARCHIVED } from "../../components/postgresql/protocol";
import { parseRanges, positions, printRanges, reachOf, upTo } from "./archived";
import { LogStanding, type Standing } from "./log-standing";
import { isSegment, parseSegment, type Range, segmentName } from "./lsn";
import type { Row } from "./sql";
import { WalFiles } from "./wal-files";

/** Most of the log that is stored at once, bytes: what is stored of a long stretch is not stored again when it was cut off. */
const LONGEST = 64 * 1024 * 1024;

/** How long the others may take to have on disk what the primary has, ms. */
const CONFIRMED_WITHIN = 2_000;

/** How long the server may take to ask of each file that may go, ms: it asks one after the other. */
const ASKED_WITHIN = 10_000;

/** Between two looks at that, ms. */
const LOOK_EVERY = 100;

/** What a server's log is read with. */
export interface WalArchiveParts {
  /** Mount of the data volume. */
  volume: string;
  /** Where agent and script share files. */
  control: string;
  ask: (sql: string) => Promise<Row[]>;
  clock?: Clock;
  now?: () => number;
  pause?: (time: number) => Promise<unknown>;
}

/**
 * The server's log, read as files up to the last record that would survive the loss of this member: what a primary alone has may
 * be lost with it, and must not be in the backup of its successor. No file is closed for it. The server keeps a file until it
 * is stored, by its `archive_command`, which asks for no more than what stands in a file here; so do replicas, one of which
 * may become the primary while the store is away.
 */
export class WalArchive implements Archive {
  readonly positions = positions;
  private readonly files: WalFiles;
  private readonly file: string;
  /** The timelines of what was asked for last. */
  private path: Range[] = [];
  /** The end of a record, up to which the log was read. */
  private known: { path: string; at: number } | undefined;
  /** The last file that was given up. */
  private released = "";
  /** The last file that is known to be stored. */
  private stored = "";
  private readonly log: LogStanding;

  constructor(private readonly parts: WalArchiveParts) {
    this.log = new LogStanding(parts.ask);
    this.files = new WalFiles(join(parts.volume, "data", "pg_wal"));
    this.file = join(parts.control, ARCHIVED_FILE);
  }

  /** What was committed a moment ago may not be written yet, where the settings or the client let it be. */
  async position(): Promise<string> {
    let standing = await this.log.look();
    if (standing.flushed < standing.inserted) {
      await this.pause(standing.delay * 3);
      standing = await this.log.look();
    }
    const path = await this.files.path(standing.timeline, standing.flushed);
    return printRanges(upTo(path, await this.lastRecord(path, standing)));
  }

  async begin(): Promise<string> {
    const standing = await this.log.look();
    const path = await this.files.path(standing.timeline, standing.flushed);
    return printRanges(upTo(path, (await this.oldest(path, standing, 0)).from));
  }

  async next(archived: string): Promise<Stretch | LogHole | undefined> {
    const standing = await this.confirmed(archived);
    const { segment, system } = standing;
    const path = await this.files.path(standing.timeline, Math.min(standing.flushed, standing.confirmed));
    // A timeline's last file may be there as the first one of the next alone, which has all of it.
    this.path = path;
    const end = path.at(-1)?.to ?? 0;
    const from = reachOf(archived, path);
    if (from >= end) {
      if (standing.flushed <= from) return undefined;
      throw new Error("what was committed last is on the disks of too few other members yet");
    }
    const oldest = await this.oldest(path, standing, from);
    if (oldest.from > from) {
      const until = Math.min(await this.files.written(oldest.name), this.now());
      return { hole: true, after: printRanges(upTo(path, oldest.from)), until };
    }
    const part = path.find((one) => from < one.to);
    if (part === undefined) return undefined;
    const scanned = await this.files.scan(
      path,
      from,
      part.to,
      segment,
      ({ end: reached }) => (reached ?? 0) - from > LONGEST,
    );
    // A timeline ends where a record does.
    const to = scanned.reader.end ?? from;
    if (to <= from) return undefined;
    // The file of a new timeline begins with what was before, and is read from its beginning.
    const begins = from === part.from ? from - (from % segment) : from;
    const file = segmentName(part.timeline, begins, segment);
    const first = parseSegment(file, segment).from;
    return {
      file,
      head: headOf(system, segment, part.from),
      from: begins - first,
      to: to - first,
      before: printRanges(upTo(path, from)),
      after: printRanges(upTo(path, to)),
      ...(scanned.first === undefined ? {} : { first: scanned.first }),
      ...(scanned.last === undefined ? {} : { last: scanned.last }),
    };
  }

  async read({ file, head }: Stretch, from: number, bytes: number): Promise<Buffer> {
    const segment = segmentOf(head);
    const first = parseSegment(file, segment).from;
    return await this.files.read(this.path, first + from, first + from + bytes, segment);
  }

  async acknowledge(archived: string): Promise<void> {
    const ends = parseRanges(archived);
    const segment = await this.log.segmentBytes();
    const names = ends
      // The file that has the last byte of it is not whole.
      .filter(({ to }) => to >= segment)
      .map(({ timeline, to }) => segmentName(timeline, to - segment, segment));
    // A file of an earlier timeline is no longer needed when a later one is stored, which has all of it that counts.
    this.stored = names.sort().at(-1) ?? "";
    await this.tell();
  }

  async backlog(archived: string): Promise<number> {
    await this.acknowledge(archived);
    const left = await this.left();
    return left.length * (await this.log.segmentBytes());
  }

  async release(archived: string, bytes: number): Promise<boolean> {
    await this.acknowledge(archived);
    const left = await this.left();
    const most = Math.floor(bytes / (await this.log.segmentBytes()));
    const last = left.slice(0, Math.max(0, left.length - most)).at(-1);
    if (last === undefined) return false;
    this.released = last;
    await this.tell();
    return true;
  }

  /** Files go at a checkpoint, once the server has asked of each whether it may. */
  async remove(): Promise<void> {
    const { clock = monotonic } = this.parts;
    const end = clock() + ASKED_WITHIN;
    const waiting = async (): Promise<boolean> =>
      (await this.files.kept()).some((name) => name <= this.released);
    while ((await waiting()) && clock() < end) await this.pause(LOOK_EVERY);
    await this.parts.ask("CHECKPOINT");
  }

  /** The server keeps some files that may go, under the names of later ones, and needs no other room until they are written. */
  async spare(): Promise<number> {
    return (await this.files.unwritten(await this.log.segmentBytes())) * (await this.log.segmentBytes());
  }

  async expire(archived: string): Promise<void> {
    await this.acknowledge(archived);
  }

  /** Without a backup everything may go, at once. */
  async keep(wanted: boolean): Promise<void> {
    const told = (await readIfThere(this.file))?.trim();
    if (!wanted) {
      [this.stored, this.released] = ["", ""];
      if (told !== ALL_ARCHIVED) await writeWhole(this.file, `${ALL_ARCHIVED}\n`);
    } else if (told === undefined || told === ALL_ARCHIVED) await writeWhole(this.file, "none\n");
  }

  /** What the server keeps, and neither is stored nor was given up. */
  private async left(): Promise<string[]> {
    const gone = [this.stored, this.released].sort().at(-1) ?? "";
    return (await this.files.kept()).filter((name) => name > gone);
  }

  /** By the names' order timelines come first, and places in the log then. */
  private async tell(): Promise<void> {
    const text = [this.stored, this.released].filter(isSegment).sort().at(-1) ?? "none";
    if ((await readIfThere(this.file)) !== `${text}\n`) await writeWhole(this.file, `${text}\n`);
  }

  /** The end of the last whole record before what is on disk here. */
  private async lastRecord(path: Range[], { flushed, segment }: Standing): Promise<number> {
    const name = JSON.stringify(path.map(({ timeline, from }) => [timeline, from]));
    const { known } = this;
    let found = known?.path === name && known.at <= flushed ? known.at : undefined;
    if (found === undefined || flushed - found > segment) {
      // A record may be longer than a file.
      for (let from = Math.max(0, flushed - 1); from >= 0; from -= segment) {
        const begins = from - (from % segment);
        const { reader } = await this.files.scan(path, begins, flushed, segment);
        found = reader.end;
        if (found !== undefined) break;
      }
    } else if (found < flushed) {
      const { reader } = await this.files.scan(path, found, flushed, segment);
      found = reader.end ?? found;
    }
    if (found === undefined) throw new Error("the server's log has no whole record");
    this.known = { path: name, at: found };
    return found;
  }

  /** The oldest file from which on all are there, and its first record; none before the one that has `least`. */
  private async oldest(
    path: Range[],
    { flushed, segment }: Standing,
    least: number,
  ): Promise<{ name: string; from: number }> {
    const names = await this.files.names();
    let found: { name: string; at: number } | undefined;
    for (let at = Math.max(0, flushed - 1); at >= 0; at -= segment) {
      const name = this.files.fileAt(path, at, segment, names);
      if (name === undefined) break;
      found = { name, at: at - (at % segment) };
      if (found.at <= least) return { name, from: least > 0 ? least : found.at };
    }
    if (found === undefined) throw new Error("the server has no log");
    const { reader } = await this.files.scan(
      path,
      found.at,
      flushed,
      segment,
      ({ first }) => first !== undefined,
    );
    if (reader.first === undefined) throw new Error("the server's log has no whole record");
    return { name: found.name, from: reader.first };
  }

  /** Waits a little for the others to have on disk what this one has. */
  private async confirmed(archived: string): Promise<Standing> {
    const { clock = monotonic } = this.parts;
    const end = clock() + CONFIRMED_WITHIN;
    const first = await this.log.look();
    let standing = first;
    const path = await this.files.path(first.timeline, first.flushed);
    const have = reachOf(archived, path);
    while (Math.min(standing.confirmed, first.flushed) <= have && first.flushed > have && clock() < end) {
      await this.pause(LOOK_EVERY);
      standing = await this.log.look();
    }
    return standing;
  }

  private async pause(time: number): Promise<void> {
    const { pause = async (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)) } = this.parts;
    await pause(time);
  }

  private now(): number {
    return (this.parts.now ?? timeOfDay)();
  }
}

/** What tells files of one name apart: whose they are, and where their timeline began; and how large they are. */
function headOf(system: string, segmentBytes: number, begins: number): string {
  return [system, segmentBytes, begins].join(".");
}

/** Size of the file that has such a head, bytes. */
export function segmentOf(head: string): number {
  const size = Number(head.split(".")[1]);
  if (!Number.isInteger(size) || size <= 0) throw new Error(`${head} does not tell the size of a file`);
  return size;
}
