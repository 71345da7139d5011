import { GTID, HEADER, MAGIC, readGtid, SIZE_AT, TAGGED_GTID, TYPE_AT } from "./binlog";

/** A transaction in a binary log. */
export interface Transaction {
  gtid: string;
  /** When it was committed on the primary that took it, µs since 1970. */
  committed: number;
  /** Where it begins, in bytes from the beginning of what was read. */
  at: number;
}

/** Types of events. https://dev.mysql.com/doc/dev/mysql-server/latest/namespacemysql_1_1binlog_1_1event.html */
const ANONYMOUS_GTID = 34;
const PREVIOUS_GTIDS = 35;

/**
 * Reads the transactions in a stretch of a binary log that begins and ends between two events, as a file does, and what is stored
 * of it. Its bytes are given one part after the other, cut anywhere; no more than an event is held between two of them.
 */
export class TransactionReader {
  private held = Buffer.alloc(0);
  /** Where the bytes that are held begin. */
  private at = 0;

  /** @throws Error for transactions that carry a tag or no GTID. */
  read(part: Buffer): Transaction[] {
    this.held = Buffer.concat([this.held, part]);
    if (this.at === 0) {
      if (this.held.length < MAGIC.length) return [];
      if (this.held.subarray(0, MAGIC.length).equals(MAGIC)) this.take(MAGIC.length);
    }
    const found: Transaction[] = [];
    while (this.held.length >= HEADER) {
      const length = this.held.readUInt32LE(SIZE_AT);
      if (length < HEADER) throw this.cut();
      if (this.held.length < length) break;
      const type = this.held.readUInt8(TYPE_AT);
      if (type === ANONYMOUS_GTID || type === TAGGED_GTID) {
        throw new Error(
          `the binary log has a transaction with ${type === TAGGED_GTID ? "a tag" : "no GTID"}`,
        );
      }
      const { at } = this;
      const event = this.take(length);
      if (type === GTID) found.push({ ...transactionOf(event), at });
    }
    return found;
  }

  /** All of it was given. @throws Error when it is cut within an event */
  end(): void {
    if (this.held.length > 0) throw this.cut();
  }

  private take(bytes: number): Buffer {
    const taken = this.held.subarray(0, bytes);
    this.held = this.held.subarray(bytes);
    this.at += bytes;
    return taken;
  }

  private cut(): Error {
    return new Error(`the binary log is cut within an event, ${this.held.length} bytes before its end`);
  }
}

function transactionOf(event: Buffer): Omit<Transaction, "at"> {
  const { gtid, committed } = readGtid(event);
  if (committed === undefined) throw new Error(`the binary log does not tell when ${gtid} was committed`);
  return { gtid, committed };
}

/**
 * What a file begins with: its description, and what was executed before it. Any later stretch of it is read after that, and a
 * server takes a relay log that begins with a transaction's identifier for a damaged one.
 *
 * @param log - the beginning of the file.
 */
export function heading(log: Buffer): Buffer {
  if (!log.subarray(0, MAGIC.length).equals(MAGIC))
    throw new Error("this is not the beginning of a binary log");
  const described = MAGIC.length + log.readUInt32LE(MAGIC.length + SIZE_AT);
  const previous = log.length >= described + HEADER && log.readUInt8(described + TYPE_AT) === PREVIOUS_GTIDS;
  if (!previous) throw new Error("this binary log does not tell what was executed before it");
  const end = described + log.readUInt32LE(described + SIZE_AT);
  if (log.length < end) throw new Error("the binary log is cut within what was executed before it");
  return log.subarray(0, end);
}
