import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import { readIfThere, writeWhole } from "../core/record";

/** File of those by whom a member's server knows the one that it copies from. */
const TRUSTED = "members-authorities.crt";

/**
 * What the local server needs to receive a member's log: the authorities of that one's certificate, in a file that every new connection
 * for replication reads. Without the file there is no such connection, whatever Patroni tells the server, and however often that restarts.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 */
export class Trust {
  readonly path: string;

  /**
   * @param control - the directory in memory that the server's container shares; a new pod has a new one.
   * @param authorities - what is mounted, in PEM.
   */
  constructor(
    control: string,
    private readonly authorities: () => Promise<string>,
  ) {
    this.path = join(control, TRUSTED);
  }

  async isGiven(): Promise<boolean> {
    return await access(this.path).then(
      () => true,
      () => false,
    );
  }

  /** Gives it, or renews what is given. */
  async give(): Promise<void> {
    const text = await this.authorities();
    if ((await readIfThere(this.path)) !== text) await writeWhole(this.path, text);
  }

  async take(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

/** How a server copies from another, as far as it matters here. */
export interface Connection {
  host?: string;
  /** It verifies the other by this file, and has none without. */
  verifiedBy?: string;
}

/** Reads `primary_conninfo`. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE */
export function connectionOf(conninfo: string): Connection {
  const pairs = [...conninfo.matchAll(/(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|\S*)/g)].map(
    ([, key = "", value = ""]) => [key, value.replace(/^'(.*)'$/s, "$1").replace(/\\(.)/gs, "$1")],
  );
  const { host, sslmode, sslrootcert } = Object.fromEntries(pairs) as Record<string, string>;
  const verifies = sslmode === "verify-ca" || sslmode === "verify-full";
  return {
    ...(host ? { host } : {}),
    ...(verifies && sslrootcert ? { verifiedBy: sslrootcert } : {}),
  };
}
