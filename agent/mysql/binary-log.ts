import { type Beginning, HEADER, MAGIC, Scanner, SIZE_AT, TYPE_AT } from "./binlog";

/** A transaction in a binary log. */
export interface Transaction {
  gtid: string;
  /** When it was committed on the primary that took it, µs since 1970. */
  committed: number;
  /** Where it begins, in bytes from the beginning of what was read. */
  at: number;
}

/** An event that says what was executed before the file. https://dev.mysql.com/doc/dev/mysql-server/latest/namespacemysql_1_1binlog_1_1event.html */
const PREVIOUS_GTIDS = 35;

/**
 * Reads the transactions in a stretch of a binary log that begins and ends between two events, as a file does, and what is stored
 * of it. Its bytes are given one part after the other, cut anywhere; no event is held as a whole.
 */
export class TransactionReader {
  private scanner: Scanner | undefined;
  private beginning: Buffer = Buffer.alloc(0);
  /** What a file has before the stretch, as far as the scanner is told. */
  private before = 0;

  /** @throws Error for transactions that carry a tag or no GTID. */
  read(part: Buffer): Transaction[] {
    let bytes = part;
    if (this.scanner === undefined) {
      bytes = this.beginning = Buffer.concat([this.beginning, part]);
      if (bytes.length < MAGIC.length) return [];
      this.before = bytes.subarray(0, MAGIC.length).equals(MAGIC) ? 0 : MAGIC.length;
      this.scanner = new Scanner(this.before);
    }
    return this.scanner.feed(bytes).map((found) => transactionOf(found, this.before));
  }

  /** All of it was given. @throws Error when it is cut within an event */
  end(): void {
    if (this.scanner) this.scanner.end();
    else if (this.beginning.length > 0) throw new Error("the binary log is cut within an event");
  }
}

function transactionOf({ at, gtid, committed, unnamed }: Beginning, before: number): Transaction {
  if (gtid === undefined) throw new Error(`the binary log has a transaction with ${unnamed ?? "no name"}`);
  if (committed === undefined) throw new Error(`the binary log does not tell when ${gtid} was committed`);
  return { gtid, committed, at: at - before };
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
