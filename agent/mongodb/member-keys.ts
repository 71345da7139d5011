import { createHmac } from "node:crypto";
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
}

/**
 * Keys by which servers know each other. A server reads them when it starts, shows the first, and believes each: so a new one is first
 * believed by all, then shown by all, and the former one is forgotten after that, while members start again one after the other.
 * https://www.mongodb.com/docs/manual/tutorial/rotate-key-replica-set/
 */
export class MemberKeys {
  constructor(private readonly parts: MemberKeysParts) {}

  /** For a start of the server. @param replicas - the size of the set, as far as it is known */
  async forStart(replicas: number | undefined): Promise<string[]> {
    const { kept, secret } = this.parts;
    const wanted = (await secret.values()).map(keyOf);
    const known = keysIn((await kept.read()) ?? "");
    const keys = chosen([...new Set([...wanted, ...known])], known, this.others(), replicas);
    await kept.write(keysText(keys));
    return keys;
  }

  /** Of the keys that the running server has read. */
  async prints(): Promise<KeyPrints | undefined> {
    const [shown, ...more] = (await this.parts.read()).map(printOf);
    return shown === undefined ? undefined : { shown, believed: [shown, ...more] };
  }

  /** What is left to be done of a rotation, as far as this member's server has a part in it. */
  async notice(): Promise<Notice | undefined> {
    const prints = await this.prints();
    if (prints === undefined) return undefined;
    const wanted = printOf(keyOf((await this.parts.secret.values())[0]));
    if (prints.shown === wanted && prints.believed.length === 1) return undefined;
    const text = !prints.believed.includes(wanted)
      ? "its server does not know the members' new password yet, and reads it when it starts"
      : prints.shown !== wanted
        ? "its server believes the members' new password, and still shows the one before"
        : "its server still believes the members' former password";
    const advice =
      "restart the members one after the other, twice, for the former password to be good for nothing";
    return { severity: "notice", text, advice };
  }

  private others(): KeyPrints[] {
    const { self, members } = this.parts;
    return members().flatMap(({ ordinal, status }) =>
      ordinal !== self && status.keys !== undefined ? [status.keys] : [],
    );
  }
}

/**
 * The keys of a server, the one that it shows first.
 *
 * @param keys - all that there are, the wanted one first
 * @param known - that it had before
 * @param others - what the others' servers have
 */
function chosen(
  keys: readonly string[],
  known: readonly string[],
  others: readonly KeyPrints[],
  replicas: number | undefined,
): string[] {
  const believedByAll = (key: string): boolean =>
    others.every(({ believed }) => believed.includes(printOf(key)));
  const shown = keys.find(believedByAll) ?? known[0] ?? keys[0];
  if (shown === undefined) return [];
  const isLast = shown === keys[0] && replicas !== undefined && others.length >= replicas - 1;
  if (isLast && others.every((other) => other.shown === printOf(shown))) return [shown];
  return [shown, ...keys.filter((key) => key !== shown)];
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
