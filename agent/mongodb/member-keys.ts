import { createHmac } from "node:crypto";
import { type Clock, Since } from "../core/clock";
import type { Notice } from "../core/notices";
import type { SharedSecret } from "../core/shared-secret";
import type { KeyPrints, Ordinal, Report } from "../core/types";

/** What a key, and what a print of it is made for; another number for another form of it. */
const PURPOSE = "stateful mongodb members 1";
const PRINT = "stateful mongodb print 1";

/** Where a member keeps the keys that its server was last started with. */
export interface KeyStore {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

export interface MemberKeysParts {
  self: Ordinal;
  /** On the volume: a pod that comes again would know only the newest. */
  kept: KeyStore;
  secret: Pick<SharedSecret, "values">;
  /** What is known of all members at this moment. */
  members: () => readonly Report[];
  /** What the server has read. */
  read: () => Promise<string[]>;
  clock: Clock;
}

/**
 * Keys by which servers know each other. A server reads them when it starts, believes each, and shows another one where the first is not
 * believed: so all come to believe the new one first, and forget the former one after that.
 * https://www.mongodb.com/docs/manual/tutorial/rotate-key-replica-set/
 */
export class MemberKeys {
  private readonly due: Since;

  constructor(private readonly parts: MemberKeysParts) {
    this.due = new Since(parts.clock);
  }

  /** For a start of the server. @param replicas - the size of the set, as far as it is known */
  async forStart(replicas: number | undefined): Promise<string[]> {
    const keys = await this.wanted(replicas);
    this.due.measure(false);
    await this.parts.kept.write(keysText(keys));
    return keys;
  }

  /** Of the keys that the running server has read. */
  async prints(replicas: number | undefined): Promise<KeyPrints | undefined> {
    const believed = await this.parts.read();
    if (believed.length === 0) return undefined;
    const wanted = await this.wanted(replicas);
    const due = wanted.length !== believed.length || wanted.some((key) => !believed.includes(key));
    const dueFor = Math.round(this.due.measure(due));
    return { believed: believed.map(printOf), ...(due ? { dueFor } : {}) };
  }

  /** What is left to be done of a change, as far as this member's server has a part in it. */
  async notice(replicas: number | undefined): Promise<Notice | undefined> {
    const believed = await this.parts.read();
    const [wanted] = await this.parts.secret.values();
    if (believed.length === 0 || (believed.length === 1 && believed[0] === keyOf(wanted))) return undefined;
    const text = believed.includes(keyOf(wanted))
      ? "its server believes the members' former password as well as the new one"
      : "its server does not know the members' new password yet";
    const when =
      replicas === 1 ? "it reads it when it is next started" : "it is started again when all members serve";
    return { severity: "notice", text: `${text}: ${when}` };
  }

  /** The former ones first: what others believe already. */
  private async wanted(replicas: number | undefined): Promise<string[]> {
    const { kept, secret, self, members } = this.parts;
    const [newest, ...before] = (await secret.values()).map(keyOf);
    if (newest === undefined) return [];
    const known = keysIn((await kept.read()) ?? "");
    const others = members().filter(({ ordinal }) => ordinal !== self);
    const believing = others.filter(({ status }) => status.keys?.believed.includes(printOf(newest)) === true);
    if (replicas !== undefined && believing.length >= replicas - 1) return [newest];
    return [...new Set([...known, ...before, newest])];
  }
}

/** As a list in YAML, which the server reads. https://www.mongodb.com/docs/manual/core/security-internal-authentication/#keyfiles */
export function keysText(keys: readonly string[]): string {
  return keys.map((key) => `- ${key}\n`).join("");
}

export function keysIn(text: string): string[] {
  return [...text.matchAll(/^- (\S+)$/gm)].map(([, key = ""]) => key);
}

/** Of the letters that a key may have, and long enough, whatever the password is. */
export function keyOf(password: string): string {
  return createHmac("sha256", password).update(PURPOSE).digest("base64").replaceAll("=", "");
}

/** Tells keys apart, and nothing of them. */
function printOf(key: string): string {
  return createHmac("sha256", key).update(PRINT).digest("hex").slice(0, 16);
}
