import { createHash } from "node:crypto";

/** What a binary log file begins with. https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication_binlog_event.html */
export const MAGIC = Buffer.from([0xfe, 0x62, 0x69, 0x6e]);
/** An encrypted one begins so. */
const ENCRYPTED = Buffer.from([0xfd, 0x62, 0x69, 0x6e]);

/** An event's header: time 4, type 1, server 4, size 4, end 4, flags 2. */
export const HEADER = 19;
export const TYPE_AT = 4;
export const SIZE_AT = 9;
const FLAGS_AT = 17;

const FORMAT = 15;
const GTID = 33;
/** A transaction without an identifier. */
const ANONYMOUS_GTID = 34;
/** A transaction whose identifier has a tag: written in another way, which is not read here. */
const TAGGED_GTID = 42;

/** In the body of a GTID event: flags 1, UUID 16, number 8, type 1, clocks 8 + 8, time of commit 7. */
const UUID_AT = HEADER + 1;
const NUMBER_AT = UUID_AT + 16;
const TIME_AT = NUMBER_AT + 8 + 1 + 8 + 8;
const TIME_BYTES = 7;
/** Set in the time of commit where the transaction was first committed elsewhere; that time follows. */
const ELSEWHERE = 1n << 55n;
/** As much of an event as is looked at. */
const LOOKED_AT = TIME_AT + 2 * TIME_BYTES;

/** Where a transaction begins in a file. */
export interface Beginning {
  /** Byte in the file. */
  at: number;
  /** `uuid:number`; absent where it has a tag, or none. */
  gtid?: string;
  /** Why it has no identifier that is read. */
  unnamed?: "a tag" | "no GTID";
  /** When it was committed on the primary of that time, µs since 1970. */
  committed?: number;
}

/**
 * Finds where transactions begin in a file whose bytes are given one after the other.
 * @see https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Gtid__event.html
 */
export class Scanner {
  /** Where the next event begins. */
  private next: number;
  /** Where the bytes that are held begin. */
  private start: number;
  private held: Buffer = Buffer.alloc(0);

  /** @param from - where in the file the bytes begin: 0, or the beginning of an event. */
  constructor(from: number) {
    this.start = from;
    this.next = Math.max(from, MAGIC.length);
  }

  /** @throws Error when that is no binary log. */
  feed(bytes: Buffer): Beginning[] {
    this.held = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes]);
    if (this.start === 0 && this.held.length >= MAGIC.length) checkMagic(this.held);
    const found: Beginning[] = [];
    for (;;) {
      const event = this.held.subarray(Math.max(0, this.next - this.start));
      if (this.next < this.start || event.length < HEADER) break;
      const size = event.readUInt32LE(SIZE_AT);
      if (size < HEADER) throw new Error(`no event of a binary log begins at byte ${this.next}`);
      const looked = event.subarray(0, size);
      const whole = looked.length >= Math.min(size, LOOKED_AT);
      const type = event.readUInt8(TYPE_AT);
      if (type === GTID) {
        if (!whole) break;
        found.push({ at: this.next, ...readGtid(looked) });
      } else if (type === TAGGED_GTID || type === ANONYMOUS_GTID) {
        found.push({ at: this.next, unnamed: type === TAGGED_GTID ? "a tag" : "no GTID" });
      }
      this.next += size;
    }
    // What begins the file is kept until it was looked at.
    const end = this.start + this.held.length;
    const kept = end < MAGIC.length ? this.start : Math.min(this.next, end);
    this.held = Buffer.from(this.held.subarray(kept - this.start));
    this.start = kept;
    return found;
  }

  /** All of it was given. @throws Error when it is cut within an event */
  end(): void {
    const left = this.next - this.start - this.held.length;
    if (left !== 0)
      throw new Error(`the binary log is cut within an event, at byte ${this.start + this.held.length}`);
  }
}

function checkMagic(bytes: Buffer): void {
  const magic = bytes.subarray(0, MAGIC.length);
  if (magic.equals(ENCRYPTED)) {
    throw new Error(
      "binary logs are encrypted (binlog_encryption), and nobody could read them without this server's keys",
    );
  }
  if (!magic.equals(MAGIC)) throw new Error("this is no binary log");
}

/** What the event says that begins a transaction; no time where it ends before that. */
function readGtid(event: Buffer): { gtid: string; committed?: number } {
  const uuid = event.toString("hex", UUID_AT, NUMBER_AT);
  const parts = [uuid.slice(0, 8), uuid.slice(8, 12), uuid.slice(12, 16), uuid.slice(16, 20), uuid.slice(20)];
  const gtid = `${parts.join("-")}:${event.readBigInt64LE(NUMBER_AT)}`;
  const committed = readTime(event);
  return { gtid, ...(committed === undefined ? {} : { committed }) };
}

function readTime(event: Buffer): number | undefined {
  if (event.length < TIME_AT + TIME_BYTES) return undefined;
  const here = sevenBytes(event, TIME_AT);
  if ((here & ELSEWHERE) === 0n) return Number(here);
  if (event.length < LOOKED_AT) return undefined;
  return Number(sevenBytes(event, TIME_AT + TIME_BYTES));
}

function sevenBytes(bytes: Buffer, at: number): bigint {
  return BigInt(bytes.readUIntLE(at, 6)) | (BigInt(bytes.readUInt8(at + 6)) << 48n);
}

/**
 * Tells a file from another one of the same name, by its first event and what came before it.
 * @param first - the file's beginning, with its first event whole.
 */
export function headOf(first: Buffer, previous: string): string {
  checkMagic(first);
  const event = Buffer.from(first.subarray(MAGIC.length));
  if (event.length < HEADER || event.readUInt8(TYPE_AT) !== FORMAT) throw new Error("this is no binary log");
  const whole = event.subarray(0, event.readUInt32LE(SIZE_AT));
  // The flags say whether it is still written to.
  whole.writeUInt16LE(0, FLAGS_AT);
  return createHash("sha256").update(whole).update(previous).digest("hex").slice(0, 16);
}
