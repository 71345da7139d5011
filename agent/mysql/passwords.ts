import { PASSWORD_FILES } from "../../components/protocol/accounts";
import type { Credentials } from "../core/credentials";

/** What `caching_sha2_password` takes, bytes. https://dev.mysql.com/doc/refman/8.4/en/password-management.html */
const MOST_BYTES = 256;
/** What a channel of replication takes. https://dev.mysql.com/doc/refman/8.4/en/change-replication-source-to.html */
const MOST_BYTES_OF_CHANNEL = 32;

/**
 * A password of the mounted Secret.
 * @throws Error that says what of it MySQL does not take, never the password.
 */
export async function readPassword(
  credentials: Credentials,
  key: (typeof PASSWORD_FILES)[keyof typeof PASSWORD_FILES],
): Promise<string> {
  const most = key === PASSWORD_FILES.replication ? MOST_BYTES_OF_CHANNEL : MOST_BYTES;
  return checkedPassword(await credentials.read(key), key, most);
}

/**
 * One that MySQL takes.
 * @param key - of the Secret, for people.
 * @throws Error that says what of it MySQL does not take, never the password.
 */
export function checkedPassword(password: string, key: string, most = MOST_BYTES): string {
  const bytes = Buffer.byteLength(password);
  if (bytes > most) {
    throw new Error(
      `the Secret's "${key}" has ${bytes} bytes, and MySQL takes ${most} at most: write a shorter one`,
    );
  }
  if (password.includes("\0")) {
    throw new Error(`the Secret's "${key}" has a zero byte, which ends a text for MySQL: write another one`);
  }
  return password;
}
