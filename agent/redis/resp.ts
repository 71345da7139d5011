/**
 * The protocol of the server, as far as an agent speaks it: requests are lists of texts, and answers are values. Both
 * directions are read by one reader, since the agent also answers clients (`discovery.ts`).
 * https://valkey.io/topics/protocol/
 */

/** A value as it comes. An error is a value too: one of several answers may be one. */
export type Value = string | number | null | ReplyError | Value[];

/** The server has answered that it does not do what it was asked for. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";

  /** The first word: `NOAUTH`, `LOADING`, `READONLY`. */
  get code(): string {
    return /^[A-Z]+/.exec(this.message)?.[0] ?? "";
  }
}

/** What comes is no value of the protocol, or larger than any that is asked for. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** The largest text and list, and how deep lists are in each other. */
export interface ReadLimits {
  bytes: number;
  items: number;
  depth: number;
}

const LINE_END = "\r\n";

/** A request. */
export function encodeRequest(words: readonly string[]): string {
  return `*${words.length}${LINE_END}${words.map(bulk).join("")}`;
}

/** Of the protocol's versions: the third tells pairs, what nobody asked for, and nothing apart from lists. */
export type Protocol = 2 | 3;

/** What is answered, beside what is read. */
export type Answer =
  | Exclude<Value, Value[]>
  | Answer[]
  /** `OK`, `PONG`. */
  | { word: string }
  | { pairs: readonly (readonly [string, Answer])[] }
  /** Nobody asked for it. */
  | { push: Answer[] };

export function encodeAnswer(answer: Answer, protocol: Protocol): string {
  const list = (mark: string, items: readonly Answer[], length = items.length): string =>
    `${mark}${length}${LINE_END}${items.map((item) => encodeAnswer(item, protocol)).join("")}`;
  if (answer === null) return protocol === 3 ? `_${LINE_END}` : `*-1${LINE_END}`;
  if (typeof answer === "number") return `:${answer}${LINE_END}`;
  if (typeof answer === "string") return bulk(answer);
  if (answer instanceof ReplyError) return `-${answer.message.replace(/[\r\n]+/g, " ")}${LINE_END}`;
  if (Array.isArray(answer)) return list("*", answer);
  if ("word" in answer) return `+${answer.word}${LINE_END}`;
  if ("push" in answer) return list(protocol === 3 ? ">" : "*", answer.push);
  const items = answer.pairs.flat();
  return protocol === 3 ? list("%", items, answer.pairs.length) : list("*", items);
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}${LINE_END}${text}${LINE_END}`;
}

/** Takes bytes as they come, and gives whole values. */
export class RespReader {
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly limits: ReadLimits) {}

  /**
   * @returns the values that are whole now.
   * @throws ProtocolError, after which nothing more can be read.
   */
  read(bytes: Buffer): Value[] {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const values: Value[] = [];
    for (;;) {
      const found = this.value(0, 0);
      if (found === undefined) break;
      values.push(found.value);
      this.rest = this.rest.subarray(found.end);
    }
    if (this.rest.length > this.limits.bytes) throw new ProtocolError("a value is longer than any should be");
    return values;
  }

  /** @returns nothing while it is not whole. */
  private value(at: number, depth: number): { value: Value; end: number } | undefined {
    const lineEnd = this.rest.indexOf(LINE_END, at);
    if (lineEnd < 0) return undefined;
    const line = this.rest.toString("utf8", at + 1, lineEnd);
    const end = lineEnd + LINE_END.length;
    switch (this.rest.toString("latin1", at, at + 1)) {
      case "+":
        return { value: line, end };
      case "-":
        return { value: new ReplyError(line), end };
      case ":":
        return { value: count(line, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER), end };
      case "$":
        return this.text(count(line, -1, this.limits.bytes), end);
      case "*":
        return this.list(count(line, -1, this.limits.items), end, depth);
      default:
        throw new ProtocolError("what comes is not the server's protocol");
    }
  }

  private text(length: number, at: number): { value: Value; end: number } | undefined {
    if (length < 0) return { value: null, end: at };
    const end = at + length + LINE_END.length;
    return this.rest.length < end ? undefined : { value: this.rest.toString("utf8", at, at + length), end };
  }

  private list(length: number, at: number, depth: number): { value: Value; end: number } | undefined {
    if (length < 0) return { value: null, end: at };
    if (depth >= this.limits.depth)
      throw new ProtocolError("lists are deeper in each other than any should be");
    const value: Value[] = [];
    let end = at;
    for (let item = 0; item < length; item++) {
      const found = this.value(end, depth + 1);
      if (found === undefined) return undefined;
      value.push(found.value);
      end = found.end;
    }
    return { value, end };
  }
}

function count(text: string, least: number, most: number): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new ProtocolError("a number is none, or out of bounds");
  return value;
}
