import { printLsn } from "./lsn";

/** Size of a page of the log, as all packages build the server. */
const PAGE = 8192;

/** Sizes of a page's header: the first of a file has a longer one. https://doxygen.postgresql.org/xlog__internal_8h_source.html */
const SHORT_HEADER = 24;
const LONG_HEADER = 40;

/** What a page's header says. */
const CONTINUES = 0x0001;
const OVERWRITES = 0x0008;

/** A record's header, and as much more of one as tells when a transaction was committed. */
const RECORD_HEADER = 24;
const TELLING = 64;

/** Resource managers, and their records that are looked at. https://doxygen.postgresql.org/rmgrlist_8h_source.html */
const LOG_ITSELF = 0;
const SWITCH = 0x40;
const TRANSACTIONS = 1;
const COMMIT = 0x00;
const COMMIT_PREPARED = 0x30;

/** 2000, with which PostgreSQL's time begins, µs since 1970. */
const BEGINNING = 946_684_800_000_000;

/** A transaction's last record. */
export interface Commit {
  /** Where the record before it ends, and where it ends itself. */
  after: number;
  end: number;
  transaction: number;
  /** µs since 1970 */
  committed: number;
}

/** A record as far as it was read. */
interface Reading {
  total: number;
  got: number;
  head: Buffer;
}

/**
 * Reads the log's records as far as it takes to know where each one ends, and when transactions were committed. It begins at
 * the end of a record, or at the beginning of a page. What it reads must be written: it does not guess where the log ends.
 * https://www.postgresql.org/docs/17/wal-internals.html
 */
export class WalReader {
  /** Where the last whole record ends, as the server tells places; `undefined` until the first one is found. */
  end: number | undefined;
  /** Where the first record begins that was read from its beginning. */
  first: number | undefined;
  private at: number;
  private readonly header: Buffer = Buffer.alloc(LONG_HEADER);
  private headerGot = 0;
  /** Bytes of a record that began before. */
  private rest = 0;
  /** Nothing is looked at up to here. */
  private skipTo: number;
  private record: Reading | undefined;

  constructor(
    at: number,
    private readonly segmentBytes: number,
  ) {
    this.at = at;
    this.skipTo = at;
    if (at % PAGE !== 0) this.end = at;
  }

  /** Reads on. @returns the commits whose records end in it. @throws Error where there is no record */
  read(bytes: Buffer): Commit[] {
    const commits: Commit[] = [];
    let place = 0;
    while (place < bytes.length) {
      if (this.at < this.skipTo) {
        const skipped = Math.min(this.skipTo - this.at, bytes.length - place);
        place += skipped;
        this.at += skipped;
      } else if (this.inHeader()) place += this.readHeader(bytes, place);
      else {
        const room = Math.min(bytes.length - place, PAGE - (this.at % PAGE));
        place += this.rest > 0 ? this.skipRest(room) : this.readRecord(bytes, place, room, commits);
      }
    }
    return commits;
  }

  private inHeader(): boolean {
    return this.headerGot > 0 || this.at % PAGE === 0;
  }

  private readHeader(bytes: Buffer, place: number): number {
    const start = this.at - this.headerGot;
    const size = start % this.segmentBytes === 0 ? LONG_HEADER : SHORT_HEADER;
    const taken = Math.min(size - this.headerGot, bytes.length - place);
    bytes.copy(this.header, this.headerGot, place, place + taken);
    this.headerGot += taken;
    this.at += taken;
    if (this.headerGot < size) return taken;
    this.headerGot = 0;
    const info = this.header.readUInt16LE(2);
    const address = Number(this.header.readBigUInt64LE(8));
    if (address !== start) throw new Error(`the page at ${printLsn(start)} of the log is not there`);
    const continued = (info & CONTINUES) !== 0 ? this.header.readUInt32LE(16) : 0;
    // A record that was being written when the server crashed is given up by what comes after it.
    if ((info & OVERWRITES) !== 0) this.record = undefined;
    if (this.record !== undefined) {
      if (this.record.total - this.record.got !== continued) throw brokenAt(start);
    } else if (this.end === undefined) {
      this.rest = continued;
      if (continued === 0) this.found(start);
    } else if (continued > 0) throw brokenAt(start);
    return taken;
  }

  /** The end of what began before what is read. */
  private skipRest(room: number): number {
    const taken = Math.min(this.rest, room);
    this.rest -= taken;
    this.at += taken;
    if (this.rest > 0) return taken;
    this.skipTo = align(this.at);
    this.found(this.skipTo);
    return taken;
  }

  private found(at: number): void {
    this.end = at;
    this.first = at;
  }

  private readRecord(bytes: Buffer, place: number, room: number, commits: Commit[]): number {
    this.record ??= { total: 0, got: 0, head: Buffer.alloc(TELLING) };
    const { record } = this;
    let taken = 0;
    if (record.total === 0) {
      // Its first four bytes are on one page, and may be in two parts of what is read.
      taken = Math.min(4 - record.got, room);
      bytes.copy(record.head, record.got, place, place + taken);
      record.got += taken;
      if (record.got === 4) {
        record.total = record.head.readUInt32LE(0);
        if (record.total < RECORD_HEADER) throw brokenAt(this.at + taken - 4);
        this.first ??= this.end;
      }
    } else {
      taken = Math.min(record.total - record.got, room);
      if (record.got < TELLING) {
        bytes.copy(record.head, record.got, place, place + Math.min(taken, TELLING - record.got));
      }
      record.got += taken;
    }
    this.at += taken;
    if (record.total > 0 && record.got === record.total) this.finish(record, commits);
    return taken;
  }

  private finish({ head, total }: Reading, commits: Commit[]): void {
    this.record = undefined;
    const after = this.end ?? this.at;
    const [info, manager] = [head.readUInt8(16), head.readUInt8(17)];
    let end = align(this.at);
    // The rest of the file is empty.
    if (manager === LOG_ITSELF && (info & 0xf0) === SWITCH) {
      end = Math.ceil(end / this.segmentBytes) * this.segmentBytes;
    }
    this.skipTo = end;
    this.end = end;
    if (manager !== TRANSACTIONS || ![COMMIT, COMMIT_PREPARED].includes(info & 0x70)) return;
    const at = contentOf(head, Math.min(total, TELLING));
    if (at === undefined) throw brokenAt(after);
    const committed = Number(head.readBigInt64LE(at)) + BEGINNING;
    commits.push({ after, end, transaction: head.readUInt32LE(4), committed });
  }
}

/** Where a record's own content begins, of one that has no pages in it. */
function contentOf(head: Buffer, length: number): number | undefined {
  let at = RECORD_HEADER;
  while (at + 2 <= length) {
    const kind = head.readUInt8(at);
    if (kind === 255) return within(at + 2, length);
    if (kind === 254) return within(at + 5, length);
    // Where the transaction came from, and which one it is a part of.
    if (kind === 253) at += 3;
    else if (kind === 252) at += 5;
    else return undefined;
  }
  return undefined;
}

function within(at: number, length: number): number | undefined {
  return at + 8 <= length ? at : undefined;
}

function align(at: number): number {
  return Math.ceil(at / 8) * 8;
}

function brokenAt(at: number): Error {
  return new Error(`there is no record at ${printLsn(at)} of the log`);
}
