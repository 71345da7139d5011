import { createHash } from "node:crypto";
import { join } from "node:path";
import { PASSWORD_FILES, REPLICATION_USER } from "../../components/protocol/accounts";
import { EXPORTER_KEY, EXPORTER_USER } from "../../components/protocol/exporter";
import { ADMINISTRATOR, AGENT_USER } from "../../components/redis/protocol";
import type { Credentials } from "../core/credentials";
import { readIfThere, writeWhole } from "../core/record";
import type { LocalServer } from "./connection";
import { EXPORTER_RULES } from "./exporter";

/**
 * What an application may do: all with its data, nothing with the server. `@admin` has REPLICAOF, FAILOVER, CONFIG, SHUTDOWN,
 * DEBUG, ACL, MODULE and their like; the rest would take the members' own mark away.
 */
const APPLICATION_RULES = [
  "~*",
  "&*",
  "+@all",
  "-@admin",
  "+role",
  "+slowlog|get",
  "+slowlog|len",
  "-function|flush",
  "-function|restore",
];

const EVERYTHING = ["~*", "&*", "+@all"];

/**
 * Nobody can log in as this one. It may do everything, since a server that reads its log of commands asks it for each
 * transaction: what it may not do is left out without a word, and lost.
 * https://github.com/valkey-io/valkey/issues/3983
 */
const DEFAULT_RULES = ["off", "resetpass", ...EVERYTHING];

/** Hashes of the passwords that an account has: the present one, and the one before. */
type Hashes = Record<string, string[]>;

/** What the accounts are made of. */
export interface AccountParts {
  credentials: Credentials;
  /** Directory of what a member remembers, on its volume. */
  directory: string;
  /** Directory in memory that is the pod's own. */
  memory: string;
  newPassword: () => string;
}

/**
 * Makes the server's accounts match the mounted Secret. Accounts are not replicated: each agent sets its own server's, by
 * hashes alone. The password before the present one stays valid, so that clients can be changed over without an
 * interruption; the next one ends it, and so does the Secret's `revoke-previous`.
 */
export class Accounts {
  /** File that the server reads when it starts: in memory. */
  readonly file: string;
  private readonly remembered: string;
  private readonly agentFile: string;
  private done: string | undefined;

  constructor(private readonly parts: AccountParts) {
    this.file = join(parts.memory, "users.acl");
    this.agentFile = join(parts.memory, "agent-password");
    this.remembered = join(parts.directory, "password-hashes.json");
  }

  /** The agent's own, which lasts as long as the pod. */
  async agentPassword(): Promise<string> {
    const held = await readIfThere(this.agentFile);
    if (held !== undefined) return held;
    const password = this.parts.newPassword();
    await writeWhole(this.agentFile, password);
    return password;
  }

  /** Writes what the server starts with: nobody but administrator and agent is let in. */
  async writeFile(): Promise<void> {
    const hashes = await this.hashes();
    const agent = hashOf(await this.agentPassword());
    const username = await this.username();
    const lines = [
      ["default", ...DEFAULT_RULES],
      [AGENT_USER, "on", `#${agent}`, ...EVERYTHING],
      [ADMINISTRATOR, "on", ...(hashes[ADMINISTRATOR] ?? []), ...EVERYTHING],
      [REPLICATION_USER, "off", "+psync", "+replconf", "+ping"],
      [username, "off", ...(hashes[username] ?? []), ...APPLICATION_RULES],
      ...exporterLine(hashes),
    ];
    await writeWhole(this.file, lines.map((line) => `user ${line.join(" ")}\n`).join(""));
    this.done = undefined;
  }

  /** Lets the application in. */
  async admission(): Promise<string[][]> {
    return [["ACL", "SETUSER", await this.username(), "on"]];
  }

  /** The application's account, as the Secret calls it. */
  async username(): Promise<string> {
    return this.parts.credentials.read("username");
  }

  /**
   * Makes a server that runs have the Secret's passwords. Does nothing when these are as they were.
   * @param run - the server's, which is another one after each start.
   * @returns whether anything was changed
   */
  async reconcile(server: LocalServer, run: string): Promise<boolean> {
    const hashes = await this.hashes();
    const state = JSON.stringify([run, hashes]);
    if (state === this.done) return false;
    const username = await this.username();
    await server.ask([
      ["ACL", "SETUSER", ADMINISTRATOR, "resetpass", ...(hashes[ADMINISTRATOR] ?? []), ...EVERYTHING],
      ["ACL", "SETUSER", username, "resetpass", ...(hashes[username] ?? []), ...APPLICATION_RULES],
      ["ACL", "SETUSER", "default", ...DEFAULT_RULES],
      ...exporterLine(hashes).map(([user = "", on = "", ...rules]) => [
        "ACL",
        "SETUSER",
        user,
        on,
        "resetpass",
        ...rules,
      ]),
    ]);
    const changed = this.done !== undefined;
    this.done = state;
    return changed;
  }

  /** Those of the Secret as it is now, each as the server takes it, and written down. */
  private async hashes(): Promise<Hashes> {
    const { credentials } = this.parts;
    const before = await this.read();
    const revoke = (await credentials.find("revoke-previous")) === "true";
    const after: Hashes = {};
    // None in a pod without an exporter, whose server then has no such account.
    const exporter =
      (await credentials.find(EXPORTER_KEY)) === undefined ? [] : [[EXPORTER_USER, EXPORTER_KEY] as const];
    for (const [user, key] of [
      [ADMINISTRATOR, PASSWORD_FILES.administrator],
      [await this.username(), PASSWORD_FILES.application],
      ...exporter,
    ] as const) {
      const present = `#${hashOf(await credentials.read(key))}`;
      const former = (before[user] ?? []).filter((hash) => hash !== present).slice(0, 1);
      after[user] = revoke ? [present] : [present, ...former];
    }
    const text = JSON.stringify(after);
    if (text !== JSON.stringify(before)) await writeWhole(this.remembered, text);
    return after;
  }

  private async read(): Promise<Hashes> {
    const text = await readIfThere(this.remembered);
    try {
      return hashesIn(JSON.parse(text ?? "{}"));
    } catch {
      // Half a file was never written; what somebody else made of it says nothing.
      return {};
    }
  }
}

/** The exporter's account, where it has a password: it looks from the start on. */
function exporterLine(hashes: Hashes): string[][] {
  const own = hashes[EXPORTER_USER];
  return own === undefined ? [] : [[EXPORTER_USER, "on", ...own, ...EXPORTER_RULES]];
}

function hashesIn(value: unknown): Hashes {
  const entries = Object.entries(value as Record<string, unknown>);
  const sound = entries.filter(
    (entry): entry is [string, string[]] =>
      Array.isArray(entry[1]) && entry[1].every((hash) => /^#[0-9a-f]{64}$/.test(String(hash))),
  );
  return Object.fromEntries(sound);
}

/** As the server keeps it. */
function hashOf(password: string): string {
  return createHash("sha256").update(password).digest("hex");
}
