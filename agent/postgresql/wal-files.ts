import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { historyName, isSegment, parseHistory, parseSegment, type Range, segmentName } from "./lsn";
import { WalReader } from "./wal";

/** Read at once, bytes. */
const CHUNK = 1024 * 1024;

/** A page of the log: its header says where in the log it is. */
const PAGE = 8192;

/** What a reader came to. */
export interface Scanned {
  reader: WalReader;
  /** Of the transactions that were committed in it, µs since 1970; absent where there were none. */
  first?: number;
  last?: number;
}

/** The files of a server's log, as they lie in its directory. */
export class WalFiles {
  private history: { timeline: number; ranges: Range[] } | undefined;

  /** @param directory - `pg_wal`. */
  constructor(private readonly directory: string) {}

  /** The timelines that lead to one, and that one up to a place. */
  async path(timeline: number, to: number): Promise<Range[]> {
    if (this.history?.timeline !== timeline) {
      const text = timeline === 1 ? "" : await readFile(join(this.directory, historyName(timeline)), "utf8");
      this.history = { timeline, ranges: parseHistory(text) };
    }
    const { ranges } = this.history;
    return [...ranges, { timeline, from: ranges.at(-1)?.to ?? 0, to }];
  }

  /** The names of those that are there. */
  async names(): Promise<Set<string>> {
    return new Set((await readdir(this.directory)).filter(isSegment));
  }

  /** Names of those that the server keeps until it is told that they are stored. */
  async kept(): Promise<string[]> {
    const names = await readdir(join(this.directory, "archive_status"));
    const ready = names
      .filter((name) => name.endsWith(".ready"))
      .map((name) => name.slice(0, -".ready".length));
    return ready.filter(isSegment).sort();
  }

  /** How many files were made beforehand: the last ones, whose beginning is of another place in the log, or of none. */
  async unwritten(segmentBytes: number): Promise<number> {
    let count = 0;
    for (const name of [...(await this.names())].sort().reverse()) {
      if (await this.isWritten(name, parseSegment(name, segmentBytes).from)) break;
      count++;
    }
    return count;
  }

  private async isWritten(name: string, from: number): Promise<boolean> {
    const file = await open(join(this.directory, name), "r");
    try {
      const { buffer } = await file.read(Buffer.alloc(16), 0, 16, 0);
      return buffer.readUInt16LE(0) !== 0 && Number(buffer.readBigUInt64LE(8)) === from;
    } finally {
      await file.close();
    }
  }

  /** The file that has a byte: that of the last timeline that reaches into it, which begins with what came before. */
  fileAt(
    path: readonly Range[],
    at: number,
    segmentBytes: number,
    names: ReadonlySet<string>,
  ): string | undefined {
    const end = (Math.floor(at / segmentBytes) + 1) * segmentBytes;
    const able = path.filter(({ from }) => from < end).map(({ timeline }) => timeline);
    return able
      .reverse()
      .map((timeline) => segmentName(timeline, at, segmentBytes))
      .find((name) => names.has(name));
  }

  /** When a file was last written to, ms since 1970. */
  async written(name: string): Promise<number> {
    return Math.floor((await stat(join(this.directory, name))).mtimeMs);
  }

  /** Bytes of the log. @throws Error when they are not there (any more) */
  async read(path: readonly Range[], from: number, to: number, segmentBytes: number): Promise<Buffer> {
    const names = await this.names();
    const parts: Buffer[] = [];
    for (let at = from; at < to;) {
      const end = Math.min(to, (Math.floor(at / segmentBytes) + 1) * segmentBytes);
      const name = this.fileAt(path, at, segmentBytes, names);
      if (name === undefined)
        throw new Error(`${segmentName(path.at(-1)?.timeline ?? 0, at, segmentBytes)} is not there`);
      parts.push(await this.bytes(name, parseSegment(name, segmentBytes).from, at, end));
      at = end;
    }
    return Buffer.concat(parts);
  }

  /**
   * Reads records, from the end of one or the beginning of a page, up to a place or until `enough` says so.
   * @param to - up to here the log is known to be written.
   */
  async scan(
    path: readonly Range[],
    from: number,
    to: number,
    segmentBytes: number,
    enough: (reader: WalReader) => boolean = () => false,
  ): Promise<Scanned> {
    const scanned: Scanned = { reader: new WalReader(from, segmentBytes) };
    for (let at = from; at < to && !enough(scanned.reader);) {
      const end = Math.min(to, at + CHUNK);
      for (const { committed } of scanned.reader.read(await this.read(path, at, end, segmentBytes))) {
        scanned.first = Math.min(scanned.first ?? committed, committed);
        scanned.last = Math.max(scanned.last ?? committed, committed);
      }
      at = end;
    }
    return scanned;
  }

  /** A file that was given up may have become another one of a later name, under the hand that reads it. */
  private async bytes(name: string, begins: number, from: number, to: number): Promise<Buffer> {
    const file = await open(join(this.directory, name), "r");
    try {
      const buffer = Buffer.alloc(to - from);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from - begins);
      if (bytesRead < buffer.length) throw new Error(`${name} has become shorter`);
      for (let page = Math.ceil(from / PAGE) * PAGE; page + 16 <= to; page += PAGE) {
        const written = buffer.readUInt16LE(page - from) !== 0;
        if (written && Number(buffer.readBigUInt64LE(page - from + 8)) !== page) {
          throw new Error(`${name} is not what it was`);
        }
      }
      return buffer;
    } finally {
      await file.close();
    }
  }
}
