import assert from "node:assert/strict";
import {
  encodeAnswer,
  encodeRequest,
  ProtocolError,
  ReplyError,
  RespReader,
} from "../../../../agent/redis/resp";

const LIMITS = { bytes: 1024, items: 8, depth: 3 };
const reader = (): RespReader => new RespReader(LIMITS);
const bytes = (text: string): Buffer => Buffer.from(text);

describe("the server's protocol", () => {
  it("is written as lists of texts, whose lengths are bytes", () => {
    assert.equal(encodeRequest(["SET", "ключ", ""]), "*3\r\n$3\r\nSET\r\n$8\r\nключ\r\n$0\r\n\r\n");
  });

  it("is read in whatever parts it comes", () => {
    const whole = bytes("+OK\r\n:-5\r\n$4\r\nab\r\n\r\n*2\r\n$-1\r\n*-1\r\n-ERR no\r\n");
    const expected = ["OK", -5, "ab\r\n", [null, null]];
    const all = reader().read(whole);
    assert.deepEqual(all.slice(0, -1), expected);
    assert.ok(all.at(-1) instanceof ReplyError);
    const one = reader();
    const found = [...whole].flatMap((byte) => one.read(Buffer.from([byte])));
    assert.deepEqual(found.slice(0, -1), expected);
    assert.equal((found.at(-1) as ReplyError).code, "ERR");
  });

  it("ends with the first thing that is none of it, or larger than anything that is asked for", () => {
    for (const text of [
      "HTTP/1.1 400 Bad Request\r\n",
      ":12x\r\n",
      "$2000\r\n",
      "$-2\r\n",
      "*9\r\n",
      "*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
      `+${"x".repeat(2_000)}`,
    ]) {
      assert.throws(() => reader().read(bytes(text)), ProtocolError, text.slice(0, 20));
    }
  });

  it("tells pairs and what nobody asked for apart only in its third version", () => {
    const pairs = { pairs: [["a", 1] as const] };
    assert.equal(encodeAnswer(pairs, 2), "*2\r\n$1\r\na\r\n:1\r\n");
    assert.equal(encodeAnswer(pairs, 3), "%1\r\n$1\r\na\r\n:1\r\n");
    assert.equal(encodeAnswer({ push: ["x"] }, 3), ">1\r\n$1\r\nx\r\n");
    assert.equal(encodeAnswer(null, 3), "_\r\n");
    assert.equal(encodeAnswer(new ReplyError("ERR two\r\nlines"), 2), "-ERR two lines\r\n");
  });
});
