import { REST_PASSWORD_FILE } from "../../components/postgresql/protocol";
import { PASSWORD_FILES, REPLICATION_USER } from "../../components/protocol/accounts";
import { join } from "node:path";
import type { Clock } from "../core/clock";
import type { Credentials } from "../core/credentials";
import { readIfThere, writeWhole } from "../core/record";
import type { Login } from "./sql";

/** How often it is tried whether a changed password holds yet, ms. */
const TRY_EVERY = 2_000;

/** The passwords that this member's Patroni is told, which go from one to the next while it runs. */
export class OwnPasswords {
  private replication: string | undefined;
  private triedAt = -Infinity;
  private heldAt = -Infinity;
  private readonly path: string;

  /** @param control - directory of Patroni's configuration file. */
  constructor(
    control: string,
    private readonly credentials: Credentials,
    private readonly canLogIn: (login: Login) => Promise<boolean>,
    private readonly clock: Clock,
  ) {
    this.path = join(control, "patroni.yml");
  }

  /** Those for Patroni: of replication the one before, until the Secret's holds. */
  async current(): Promise<{ replication: string; rest: string }> {
    this.replication ??= await this.wanted();
    return { replication: this.replication, rest: await readPassword(this.credentials, REST_PASSWORD_FILE) };
  }

  private async wanted(): Promise<string> {
    return await readPassword(this.credentials, PASSWORD_FILES.replication);
  }

  /** Goes over to the Secret's at once: for a Patroni that is about to start. */
  async renew(): Promise<void> {
    this.replication = await this.wanted();
  }

  /**
   * Goes over to the Secret's password of replication when the primary has set it, which a replica sees in its own copy of the
   * accounts.
   *
   * @returns whether it did, so that Patroni must be told.
   */
  async reconcile(): Promise<boolean> {
    const wanted = await this.wanted();
    this.replication ??= wanted;
    if (this.replication === wanted || this.clock() - this.triedAt < TRY_EVERY) return false;
    this.triedAt = this.clock();
    if (!(await this.canLogIn({ user: REPLICATION_USER, password: wanted }))) return false;
    this.replication = wanted;
    return true;
  }

  /** Whether the members' own account has the Secret's password, on this server. */
  async holds(): Promise<boolean> {
    if (this.clock() - this.heldAt < TRY_EVERY) return false;
    this.heldAt = this.clock();
    return await this.canLogIn({ user: REPLICATION_USER, password: await this.wanted() });
  }

  /** Keeps what Patroni has until it has read the next configuration: it is told to by the password that it has. */
  async keepFormer(next: string): Promise<void> {
    const present = await readIfThere(this.path);
    if (present === undefined || restIn(present) === restIn(next)) return;
    await writeWhole(`${this.path}.before`, present);
  }

  /** REST passwords that Patroni may have, left by an agent that ended. */
  async restOnDisk(): Promise<string[]> {
    const files = [await readIfThere(this.path), await readIfThere(`${this.path}.before`)];
    return files
      .map((text) => (text === undefined ? undefined : restIn(text)))
      .filter((password) => password !== undefined);
  }
}

/** In a file that the agent wrote. */
function restIn(text: string): string | undefined {
  const { restapi } = JSON.parse(text) as { restapi?: { authentication?: { password?: string } } };
  return restapi?.authentication?.password;
}

/**
 * A password of the members'.
 * @throws Error when it has characters that Patroni's password file or PgBouncer's list of users cannot hold.
 */
export async function readPassword(credentials: Credentials, key: string): Promise<string> {
  const password = await credentials.read(key);
  if (/[\0-\x1f\x7f]/.test(password)) {
    throw new Error(`the Secret's "${key}" has a line break or another control character: write another one`);
  }
  return password;
}
