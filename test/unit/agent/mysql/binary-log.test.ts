import * as assert from "node:assert/strict";
import { heading, type Transaction, TransactionReader } from "../../../../agent/mysql/binary-log";
import { MAGIC } from "../../../../agent/mysql/binlog";

/** An event with its header; https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication_binlog_event.html */
function event(type: number, body: Buffer): Buffer {
  const header = Buffer.alloc(19);
  header.writeUInt8(type, 4);
  header.writeUInt32LE(19 + body.length, 9);
  return Buffer.concat([header, body]);
}

const UUID = "3f8e4c1a-0000-4000-8000-000000000001";

/** The event that begins a transaction; times in µs. */
function gtid(number: number, here: number, original?: number): Buffer {
  const times = (original === undefined ? [here] : [here, original]).map((time, index) => {
    const bytes = Buffer.alloc(7);
    bytes.writeUIntLE(time % 2 ** 48, 0, 6);
    bytes.writeUInt8(Math.floor(time / 2 ** 48) | (index === 0 && original !== undefined ? 0x80 : 0), 6);
    return bytes;
  });
  const source = Buffer.from(UUID.replaceAll("-", ""), "hex");
  const counted = Buffer.alloc(8);
  counted.writeBigUInt64LE(BigInt(number));
  return event(
    33,
    Buffer.concat([Buffer.from([1]), source, counted, Buffer.alloc(17), ...times, Buffer.alloc(8)]),
  );
}

const FORMAT = event(15, Buffer.alloc(90));
const PREVIOUS = event(35, Buffer.alloc(8));
const QUERY = event(2, Buffer.alloc(40));

function transactionsIn(...parts: Buffer[]): Transaction[] {
  const reader = new TransactionReader();
  const found = parts.flatMap((part) => reader.read(part));
  reader.end();
  return found;
}

const NOW = 1_795_680_000_123_456;

describe("backup: MySQL's binary log", () => {
  const file = Buffer.concat([MAGIC, FORMAT, gtid(7, NOW), QUERY, gtid(8, NOW + 5, NOW + 2), QUERY]);

  it("tells its transactions with the times at which the primary committed them", () => {
    assert.deepEqual(transactionsIn(file), [
      { gtid: `${UUID}:7`, committed: NOW, at: MAGIC.length + FORMAT.length },
      {
        gtid: `${UUID}:8`,
        committed: NOW + 2,
        at: file.length - QUERY.length - gtid(8, NOW + 5, NOW + 2).length,
      },
    ]);
  });

  it("is read from any event on", () => {
    const rest = file.subarray(MAGIC.length + FORMAT.length);
    assert.deepEqual(
      transactionsIn(rest).map((one) => one.gtid),
      [`${UUID}:7`, `${UUID}:8`],
    );
    assert.deepEqual(transactionsIn(Buffer.alloc(0)), []);
  });

  it("is read in parts that are cut anywhere, as it is stored", () => {
    for (let cut = 0; cut <= file.length; cut++)
      assert.deepEqual(transactionsIn(file.subarray(0, cut), file.subarray(cut)), transactionsIn(file));
  });

  it("is refused when it is cut within an event", () => {
    for (const cut of [1, 18, 25])
      assert.throws(() => transactionsIn(file.subarray(0, -cut)), /cut within an event/);
  });

  it("is refused with transactions that nobody could name: they would be passed over", () => {
    assert.throws(() => transactionsIn(Buffer.concat([file, event(42, Buffer.alloc(60))])), /with a tag/);
    assert.throws(() => transactionsIn(Buffer.concat([file, event(34, Buffer.alloc(60))])), /no GTID/);
  });

  it("has a heading, by which any later stretch is read: what describes the file, and what was executed before it", () => {
    const whole = Buffer.concat([MAGIC, FORMAT, PREVIOUS, gtid(7, NOW), QUERY]);
    assert.deepEqual(heading(whole), Buffer.concat([MAGIC, FORMAT, PREVIOUS]));
    assert.throws(() => heading(whole.subarray(4)), /not the beginning/);
    assert.throws(() => heading(file), /what was executed before/);
    assert.throws(() => heading(whole.subarray(0, MAGIC.length + FORMAT.length + 20)), /is cut within/);
  });
});
