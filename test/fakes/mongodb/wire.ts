import { BSON } from "bson";
import type { Doc } from "./store";

/** https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ */
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER = 16;
/** The largest message, bytes. */
const LARGEST = 48_000_000;
/** The sender expects no answer to it. */
const MORE_TO_COME = 2;
const CHECKSUM = 1;
/** Any number of answers may come to it. */
const EXHAUST_ALLOWED = 1 << 16;

export interface Message {
  id: number;
  command: Doc;
  /** It came as a query, as the first `hello` of a driver may, and is answered likewise. */
  legacy: boolean;
  /** Nobody waits for an answer. */
  silent: boolean;
  /** One question may be answered again and again, each time that there is news. */
  streams: boolean;
}

/** Cuts a stream of bytes into messages. */
export class Messages {
  private rest: Buffer = Buffer.alloc(0);

  /** @throws Error for what is no message */
  feed(part: Buffer): Message[] {
    this.rest = Buffer.concat([this.rest, part]);
    const found: Message[] = [];
    while (this.rest.length >= HEADER) {
      const length = this.rest.readInt32LE(0);
      if (length < HEADER || length > LARGEST) throw new Error(`a message of ${length} bytes`);
      if (this.rest.length < length) break;
      found.push(parse(this.rest.subarray(0, length)));
      this.rest = this.rest.subarray(length);
    }
    return found;
  }
}

function parse(bytes: Buffer): Message {
  const id = bytes.readInt32LE(4);
  const code = bytes.readInt32LE(12);
  if (code === OP_QUERY) {
    const end = bytes.indexOf(0, HEADER + 4);
    const at = end + 1 + 8;
    const command = document(bytes, at);
    return {
      id,
      command: command["$query"] === undefined ? command : command["$query"],
      legacy: true,
      silent: false,
      streams: false,
    };
  }
  if (code !== OP_MSG) throw new Error(`an operation ${code} that is none`);
  const flags = bytes.readUInt32LE(HEADER);
  const end = bytes.length - ((flags & CHECKSUM) === 0 ? 0 : 4);
  let at = HEADER + 4;
  let command: Doc = {};
  const sequences: Doc = {};
  while (at < end) {
    const kind = bytes.readUInt8(at);
    if (kind === 0) {
      command = document(bytes, at + 1);
      at += 1 + bytes.readInt32LE(at + 1);
    } else if (kind === 1) {
      const size = bytes.readInt32LE(at + 1);
      const nameEnd = bytes.indexOf(0, at + 5);
      const documents: Doc[] = [];
      for (let one = nameEnd + 1; one < at + 1 + size; one += bytes.readInt32LE(one))
        documents.push(document(bytes, one));
      sequences[bytes.toString("utf8", at + 5, nameEnd)] = documents;
      at += 1 + size;
    } else throw new Error(`a section of kind ${kind}`);
  }
  return {
    id,
    command: { ...command, ...sequences },
    legacy: false,
    silent: (flags & MORE_TO_COME) !== 0,
    streams: (flags & EXHAUST_ALLOWED) !== 0,
  };
}

function document(bytes: Buffer, at: number): Doc {
  return BSON.deserialize(bytes.subarray(at, at + bytes.readInt32LE(at)), { promoteBuffers: true });
}

/** @returns an answer's bytes */
export function answerTo(asked: Message, answer: Doc, id: number, more = false): Buffer {
  const body = BSON.serialize(answer);
  if (asked.legacy) {
    const head = Buffer.alloc(HEADER + 20);
    header(head, head.length + body.length, id, asked.id, OP_REPLY);
    // It was found, and there is one document.
    head.writeInt32LE(8, HEADER);
    head.writeInt32LE(1, HEADER + 16);
    return Buffer.concat([head, body]);
  }
  return message(id, asked.id, body, more ? MORE_TO_COME : 0);
}

/** @returns a command's or an answer's bytes */
function message(id: number, to: number, body: Uint8Array, flags: number): Buffer {
  const head = Buffer.alloc(HEADER + 5);
  header(head, head.length + body.length, id, to, OP_MSG);
  head.writeUInt32LE(flags, HEADER);
  return Buffer.concat([head, body]);
}

function header(head: Buffer, length: number, id: number, to: number, code: number): void {
  head.writeInt32LE(length, 0);
  head.writeInt32LE(id, 4);
  head.writeInt32LE(to, 8);
  head.writeInt32LE(code, 12);
}
