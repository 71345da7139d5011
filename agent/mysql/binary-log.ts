/** A transaction in a binary log. */
export interface Transaction {
  gtid: string;
  /** When it was committed on the primary that took it, µs since 1970. */
  committed: number;
  /** Where it begins, in bytes from the beginning of what was read. */
  at: number;
}

/** What a file of the binary log begins with. */
export const MAGIC = Buffer.from([0xfe, 0x62, 0x69, 0x6e]);

/** Bytes of what every event begins with: time, type, server, length, position of the next, flags. */
const HEADER = 19;

/** Types of events. https://dev.mysql.com/doc/dev/mysql-server/latest/namespacemysql_1_1binlog_1_1event.html */
const GTID_EVENT = 33;
const PREVIOUS_GTIDS_EVENT = 35;
const ANONYMOUS_EVENT = 34;
const TAGGED_GTID_EVENT = 42;

/** In the event of a transaction: its source and number, and after what orders replay the times, in bytes. */
const SOURCE = HEADER + 1;
const NUMBER = SOURCE + 16;
const TIMES = NUMBER + 8 + 1 + 16;
const TIME_BYTES = 7;

/** Set in a time behind which another one follows: of the primary that took the transaction. */
const ORIGINAL_FOLLOWS = 2n ** 55n;

/**
 * The transactions in a stretch of a binary log that begins and ends between two events, as a file does, and what is stored of it.
 *
 * @throws Error for a stretch that is cut within an event, and for transactions that carry a tag or no GTID.
 */
export function transactionsIn(log: Buffer): Transaction[] {
  const found: Transaction[] = [];
  let at = log.subarray(0, MAGIC.length).equals(MAGIC) ? MAGIC.length : 0;
  while (at < log.length) {
    const length = at + HEADER <= log.length ? log.readUInt32LE(at + 9) : 0;
    if (length < HEADER || at + length > log.length) {
      throw new Error(`the binary log is cut within an event, ${log.length - at} bytes before its end`);
    }
    const type = log.readUInt8(at + 4);
    if (type === ANONYMOUS_EVENT || type === TAGGED_GTID_EVENT) {
      throw new Error(
        `the binary log has a transaction with ${type === TAGGED_GTID_EVENT ? "a tag" : "no GTID"}`,
      );
    }
    if (type === GTID_EVENT) found.push({ ...readTransaction(log.subarray(at, at + length)), at });
    at += length;
  }
  return found;
}

/**
 * What a file begins with: its description, and what was executed before it. Any later stretch of it is read after that, and a
 * server takes a relay log that begins with a transaction's identifier for a damaged one.
 */
export function heading(log: Buffer): Buffer {
  if (!log.subarray(0, MAGIC.length).equals(MAGIC))
    throw new Error("this is not the beginning of a binary log");
  const described = MAGIC.length + log.readUInt32LE(MAGIC.length + 9);
  const previous = log.length >= described + HEADER && log.readUInt8(described + 4) === PREVIOUS_GTIDS_EVENT;
  if (!previous) throw new Error("this binary log does not tell what was executed before it");
  return log.subarray(0, described + log.readUInt32LE(described + 9));
}

function readTransaction(event: Buffer): Omit<Transaction, "at"> {
  const hex = event.subarray(SOURCE, NUMBER).toString("hex");
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    "-",
  );
  const here = timeAt(event, TIMES);
  const original = here >= ORIGINAL_FOLLOWS ? timeAt(event, TIMES + TIME_BYTES) : here;
  return { gtid: `${uuid}:${event.readBigUInt64LE(NUMBER)}`, committed: Number(original) };
}

function timeAt(event: Buffer, offset: number): bigint {
  return BigInt(event.readUIntLE(offset, 6)) | (BigInt(event.readUInt8(offset + 6)) << 48n);
}
