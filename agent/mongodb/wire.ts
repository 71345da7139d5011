import { BSON } from "bson";

/** What the server is sent, and what it answers. */
export type Document = Record<string, unknown>;

/** The messages of both directions. https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#op_msg */
const OP_MSG = 2013;
const HEADER = 16;

/** More than any answer that is asked for, bytes. */
const LONGEST = 16 * 1024 * 1024;

/** A command as it is sent. */
export function encodeRequest(id: number, command: Document): Buffer {
  const body = BSON.serialize(command);
  const head = Buffer.alloc(HEADER + 5);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(id, 4);
  head.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([head, body]);
}

/** An answer, and to which request. */
export interface Reply {
  to: number;
  document: Document;
}

/** Puts answers together from what comes, cut anywhere. */
export class ReplyReader {
  private rest: Buffer = Buffer.alloc(0);

  /** @throws Error for what is no answer. */
  read(part: Buffer): Reply[] {
    this.rest = this.rest.length === 0 ? part : Buffer.concat([this.rest, part]);
    const replies: Reply[] = [];
    for (;;) {
      const length = this.rest.length < HEADER ? 0 : this.rest.readInt32LE(0);
      if (length !== 0 && (length < HEADER + 10 || length > LONGEST))
        throw new Error(`the server sends a message of ${length} bytes`);
      if (length === 0 || this.rest.length < length) return replies;
      replies.push(replyIn(this.rest.subarray(0, length)));
      this.rest = this.rest.subarray(length);
    }
  }
}

function replyIn(message: Buffer): Reply {
  if (message.readInt32LE(12) !== OP_MSG || message.readUInt8(HEADER + 4) !== 0)
    throw new Error("the server answers in another protocol");
  const document = BSON.deserialize(message.subarray(HEADER + 5), { promoteLongs: true });
  return { to: message.readInt32LE(8), document };
}

/** A document in a field; empty where there is none. */
export function documentIn(document: Document, field: string): Document {
  const value = document[field];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Document) : {};
}

/** The documents in a field; none where there are none. */
export function documentsIn(document: Document, field: string): Document[] {
  const value = document[field];
  return Array.isArray(value) ? (value as Document[]) : [];
}

/** A text in a field; `undefined` where there is none. */
export function textIn(document: Document, field: string): string | undefined {
  const value = document[field];
  return typeof value === "string" ? value : undefined;
}

/** A number in a field, however it was sent; `undefined` where there is none. */
export function numberIn(document: Document, field: string): number | undefined {
  const value = document[field];
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
