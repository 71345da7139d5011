import { mkdirSync, openSync, writeSync, closeSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  historyName,
  printHistory,
  printLsn,
  type Range,
  segmentName,
} from "../../../../agent/postgresql/lsn";

export const SEGMENT = 64 * 1024;
const PAGE = 8192;
const YEAR_2000 = 946_684_800_000_000;

/** A server's log, written record by record as PostgreSQL lays it out. */
export class FakeWal {
  readonly pages: Buffer[] = [];
  /** The timelines before this one. */
  history: Range[] = [];
  timeline = 1;
  at = SEGMENT;

  /** A transaction's end, or anything else; `bytes` of content. @returns where it begins and ends */
  record({
    committed,
    transaction = 7,
    bytes = 40,
  }: { committed?: number; transaction?: number; bytes?: number } = {}): {
    after: number;
    end: number;
  } {
    const after = this.at;
    const body = Buffer.alloc(Math.max(16, bytes), 7);
    if (committed !== undefined) body.writeBigInt64LE(BigInt(committed - YEAR_2000), 0);
    const record = Buffer.alloc(24 + 5 + body.length);
    record.writeUInt32LE(record.length, 0);
    record.writeUInt32LE(transaction, 4);
    record.writeUInt8(committed === undefined ? 0x10 : 0x80, 16);
    record.writeUInt8(committed === undefined ? 10 : 1, 17);
    record.writeUInt8(254, 24);
    record.writeUInt32LE(body.length, 25);
    body.copy(record, 29);
    this.append(record);
    return { after, end: this.at };
  }

  /** The rest of the file stays empty. */
  switchFile(): void {
    const record = Buffer.alloc(24);
    record.writeUInt32LE(24, 0);
    record.writeUInt8(0x40, 16);
    this.append(record);
    this.at = Math.ceil(this.at / SEGMENT) * SEGMENT;
  }

  /** Another member goes on from here. */
  fork(at = this.at): FakeWal {
    const next = new FakeWal();
    next.history = [...this.history, { timeline: this.timeline, from: this.history.at(-1)?.to ?? 0, to: at }];
    next.timeline = this.timeline + 1;
    next.at = at;
    next.pages.push(...this.pages.map((page) => Buffer.from(page)));
    const kept = at % PAGE;
    next.pages.splice(Math.floor((at - SEGMENT) / PAGE) + (kept > 0 ? 1 : 0));
    if (kept > 0) next.pages.at(-1)?.fill(0, kept);
    return next;
  }

  private append(record: Buffer): void {
    let left = record;
    let first = true;
    while (left.length > 0) {
      const page = Math.floor((this.at - SEGMENT) / PAGE);
      while (this.pages.length <= page) this.pages.push(Buffer.alloc(PAGE));
      const buffer = this.pages[page]!;
      if (this.at % PAGE === 0) {
        const long = this.at % SEGMENT === 0;
        buffer.writeUInt16LE(0xd116, 0);
        buffer.writeUInt16LE((first ? 0 : 1) | (long ? 2 : 0), 2);
        buffer.writeUInt32LE(this.timeline, 4);
        buffer.writeBigUInt64LE(BigInt(this.at), 8);
        buffer.writeUInt32LE(first ? 0 : left.length, 16);
        this.at += long ? 40 : 24;
      }
      const taken = left.copy(buffer, this.at % PAGE);
      this.at += taken;
      left = left.subarray(taken);
      first = false;
    }
    this.at = Math.ceil(this.at / 8) * 8;
  }

  bytes(from: number, to: number): Buffer {
    const pages = this.pages.slice(Math.floor((from - SEGMENT) / PAGE), Math.ceil((to - SEGMENT) / PAGE));
    return Buffer.concat(pages).subarray(from % PAGE, (from % PAGE) + to - from);
  }

  /** As the server's files, those of earlier timelines with what they had. */
  write(directory: string, { from = SEGMENT }: { from?: number } = {}): void {
    mkdirSync(join(directory, "archive_status"), { recursive: true });
    const { history, timeline } = this;
    if (history.length > 0) writeFileSync(join(directory, historyName(timeline)), printHistory(history));
    const path = [...history, { timeline, from: history.at(-1)?.to ?? 0, to: Infinity }];
    for (let begins = from; begins < this.at; begins += SEGMENT) {
      const of = path.findLast((one) => one.from < begins + SEGMENT)!;
      const file = openSync(join(directory, segmentName(of.timeline, begins, SEGMENT)), "w");
      const content = Buffer.alloc(SEGMENT);
      this.bytes(begins, Math.min(begins + SEGMENT, SEGMENT + this.pages.length * PAGE)).copy(content);
      writeSync(file, content);
      closeSync(file);
    }
  }

  /** The server's answer to where its log stands. */
  standing({
    flushed = this.at,
    confirmed = [] as number[],
    names = "",
  }: { flushed?: number; confirmed?: number[]; names?: string } = {}): Record<string, unknown>[] {
    return [
      {
        recovery: false,
        system: "7300000000000000001",
        names,
        segment: String(SEGMENT),
        delay: 200,
        timeline: this.timeline.toString(16).toUpperCase().padStart(8, "0"),
        flushed: printLsn(flushed),
        inserted: printLsn(this.at),
        confirmed: confirmed.map(printLsn),
      },
    ];
  }
}
