import { EXPORTER_FILE, EXPORTER_PORT, MYSQL_PORT } from "../../components/mysql/protocol";
import { EXPORTER_CONNECTIONS, EXPORTER_KEY, EXPORTER_USER } from "../../components/protocol/exporter";
import { monotonic } from "../core/clock";
import type { Credentials } from "../core/credentials";
import { ExporterLogin } from "../core/exporter";
import type { Notices } from "../core/notices";
import { AccountPasswords } from "./account-passwords";
import { isDenied, type Login, openRemote, type RootConnection } from "./sql";

/** From where alone it may log in: its pod, by the way that it has. */
const HOST = "127.0.0.1";

/** What its file of options takes as it is: others have a meaning there. */
const PLAIN = /^[A-Za-z0-9_.~+=@^*,:/-]+$/;

/** What it may do: look at what the server says of itself. No table of anybody's. */
const RIGHTS = ["PROCESS, REPLICATION CLIENT ON *.*", "SELECT ON performance_schema.*"];

/** What the account is made of. */
interface ExporterAccountParts {
  root: Pick<RootConnection, "run">;
  credentials: Credentials;
  notices: Notices;
  /** Whether somebody can log in over the pod's loopback. */
  canReach: (login: Login) => Promise<boolean>;
}

/** The exporter's account: kept while the Secret has a password for it, locked otherwise. */
export class ExporterAccount {
  private readonly passwords: AccountPasswords;

  constructor(private readonly parts: ExporterAccountParts) {
    const { root, notices, canReach } = parts;
    this.passwords = new AccountPasswords({ root, notices, canLogIn: canReach });
  }

  /** @throws Error that says what of the password the exporter's file does not take, never the password. */
  async reconcile(revoke: boolean): Promise<void> {
    const { root, credentials } = this.parts;
    if ((await credentials.find(EXPORTER_KEY)) === undefined) {
      await this.lock();
      return;
    }
    const password = checked(await credentials.read(EXPORTER_KEY));
    this.passwords.forget(EXPORTER_USER);
    await this.passwords.create(EXPORTER_USER, password, { host: HOST });
    await this.passwords.rotate(EXPORTER_USER, HOST, password);
    if (revoke) await this.passwords.endFormer(EXPORTER_USER, HOST);
    await root.run(`ALTER USER ?@? WITH MAX_USER_CONNECTIONS ${EXPORTER_CONNECTIONS}`, [EXPORTER_USER, HOST]);
    for (const right of RIGHTS) await root.run(`GRANT ${right} TO ?@?`, [EXPORTER_USER, HOST]);
  }

  private async lock(): Promise<void> {
    const { root } = this.parts;
    const open = await root.run(
      "SELECT 1 FROM mysql.user WHERE User = ? AND Host = ? AND account_locked = 'N'",
      [EXPORTER_USER, HOST],
    );
    if (open.length > 0) await root.run("ALTER USER ?@? ACCOUNT LOCK", [EXPORTER_USER, HOST]);
  }
}

function checked(password: string): string {
  if (PLAIN.test(password)) return password;
  throw new Error(
    `the Secret's "${EXPORTER_KEY}" has characters that the exporter's file gives a meaning to: write letters, digits and _.~+=@^*,:/-`,
  );
}

/** What the exporter reads, as an option file. */
export function optionFile(password: string): string {
  return `[client]\nuser = ${EXPORTER_USER}\npassword = ${checked(password)}\n`;
}

/** Whether somebody can log in by the way that the exporter has. Rejects when the server cannot be asked. */
export async function canReach(login: Login): Promise<boolean> {
  try {
    const connection = await openRemote({ host: HOST, port: MYSQL_PORT }, login);
    connection.destroy();
    return true;
  } catch (error) {
    if (isDenied(error)) return false;
    throw error;
  }
}

/** How the exporter of this member gets its password. */
export function exporterLogin(credentials: Credentials, notices: Notices): ExporterLogin {
  return new ExporterLogin({
    credentials,
    notices,
    clock: monotonic,
    letsIn: (password) => canReach({ user: EXPORTER_USER, password }),
    file: { name: EXPORTER_FILE, content: optionFile },
    port: EXPORTER_PORT,
    reload: "/-/reload",
  });
}
