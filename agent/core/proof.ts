import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import type { SharedSecret } from "./shared-secret";

/** What the key is for; another number for another form of the proof. */
const PURPOSE = "stateful agents 1";

/** How many values of a changing secret a proof may be made with. */
const MOST_KEYS = 4;

/** Length of a nonce in bytes. */
const NONCE = 16;

/** A question of one member to another, with everything in it that somebody else could want to be different. */
export interface Question {
  method: string;
  path: string;
  /** Who asks: `<namespace>/<name>/<ordinal>`. */
  caller: string;
  /** The address of who asks. */
  from: string;
  /** Who is asked, in the same form. */
  asked: string;
  /** The address at which it is asked. */
  at: string;
  /** Used once: no answer to another question fits it. */
  nonce: string;
}

/** Makes the nonce of a question. */
export function newNonce(): string {
  return randomBytes(NONCE).toString("hex");
}

/** Proves an answer to one question. */
export type ProveAnswer = (code: number, body: string) => string;

/**
 * Lets members prove to each other that they are of the same set: who has not got its members' Secret can ask and answer
 * nothing in their name. Both directions are authenticated (HMAC-SHA-256), with a key that is derived from the
 * secret (HKDF, RFC 5869) for this set and this purpose alone.
 *
 * A question names the addresses of both ends, so that it cannot be handed on to the real member by somebody who was
 * asked in its place. Seen again, it does nothing: it asks for a report, and the answer fits its one nonce alone.
 */
export class Proofs {
  private readonly keys = new Map<string, Buffer>();

  constructor(
    private readonly set: string,
    private readonly secret: SharedSecret,
  ) {}

  /** The proof of a question: one for each value of the secret that counts, as the other may know either. */
  async ofQuestion(question: Question): Promise<string> {
    return (await this.allKeys()).map((key) => mac(key, askedIn(question)).toString("hex")).join(",");
  }

  /** What the answer is proven with; `undefined` when a member of this set did not ask so. */
  async checkQuestion(question: Question, proof: string): Promise<ProveAnswer | undefined> {
    const given = proof.split(",").slice(0, MOST_KEYS);
    const key = (await this.allKeys()).find((one) => {
      const expected = mac(one, askedIn(question));
      return given.some((text) => isSame(expected, text));
    });
    return key && ((code, body) => mac(key, answeredIn(question, code, body)).toString("hex"));
  }

  /** Whether a member of this set gave this answer to this question. */
  async checkAnswer(question: Question, code: number, body: string, proof: string): Promise<boolean> {
    return (await this.allKeys()).some((key) => isSame(mac(key, answeredIn(question, code, body)), proof));
  }

  /** What stands for a text among members, one for each value of the secret that counts: it tells nobody else what it is. */
  async marks(text: string): Promise<string[]> {
    return (await this.allKeys()).map((key) => mac(key, ["mark", text]).toString("hex"));
  }

  private async allKeys(): Promise<Buffer[]> {
    const values = (await this.secret.values()).slice(0, MOST_KEYS);
    for (const value of this.keys.keys()) if (!values.includes(value)) this.keys.delete(value);
    return values.map((value) => {
      const key = this.keys.get(value) ?? derive(value, this.set);
      this.keys.set(value, key);
      return key;
    });
  }
}

function derive(value: string, set: string): Buffer {
  return Buffer.from(hkdfSync("sha256", value, set, PURPOSE, 32));
}

function askedIn({ method, path, caller, from, asked, at, nonce }: Question): string[] {
  return ["question", method, path, caller, canonical(from), asked, canonical(at), nonce];
}

function answeredIn(question: Question, code: number, body: string): string[] {
  return ["answer", ...askedIn(question).slice(1), String(code), body];
}

function mac(key: Buffer, parts: string[]): Buffer {
  return createHmac("sha256", key).update(JSON.stringify(parts)).digest();
}

/** Takes as long whatever is wrong. */
function isSame(expected: Buffer, text: string): boolean {
  const given = Buffer.from(text, "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** One form for each address: an IPv6 one can be written in many. */
export function canonical(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!plain.includes(":")) return plain;
  try {
    return new URL(`http://[${plain}]`).hostname.slice(1, -1);
  } catch {
    return plain;
  }
}
