import { createHash, randomBytes } from "node:crypto";

/** As servers of 8.4 make them; those of 9.7 make more and take these. */
const ROUNDS = 5_000;
const SALT_BYTES = 20;
const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * What `caching_sha2_password` keeps of a password, as a literal for `IDENTIFIED WITH caching_sha2_password AS`. Given so,
 * no statement holds the password, no SQL mode changes how it is read, and no password policy of the server refuses it:
 * it is that of an account without which nobody could mend anything.
 *
 * @see https://dev.mysql.com/doc/refman/8.4/en/caching-sha2-pluggable-authentication.html
 */
export function hashLiteral(password: string, salt = randomSalt()): string {
  const rounds = (ROUNDS / 1000).toString(16).toUpperCase().padStart(3, "0");
  const text = Buffer.concat([
    Buffer.from(`$A$${rounds}$`),
    salt,
    Buffer.from(sha256Crypt(Buffer.from(password), salt, ROUNDS)),
  ]);
  return `0x${text.toString("hex")}`;
}

/** Bytes that are not zero, and not the `$` that ends it. */
function randomSalt(): Buffer {
  return Buffer.from([...randomBytes(SALT_BYTES)].map((byte) => 33 + (byte % 90))).map((byte) =>
    byte === 0x24 ? 0x7b : byte,
  ) as Buffer;
}

/** The scheme of crypt(3) that is called `$5$`. https://www.akkadia.org/drepper/SHA-crypt.txt */
export function sha256Crypt(password: Buffer, salt: Buffer, rounds: number): string {
  const { length } = password;
  const mixed = sha256(password, salt, password);
  const parts = [password, salt, repeated(mixed, length)];
  for (let bits = length; bits > 0; bits >>= 1) parts.push(bits & 1 ? mixed : password);
  let digest = sha256(...parts);
  const passwords = repeated(sha256(repeated(password, length * length)), length);
  const salts = repeated(sha256(repeated(salt, salt.length * (16 + (digest[0] ?? 0)))), salt.length);
  const none = Buffer.alloc(0);
  for (let round = 0; round < rounds; round++) {
    const odd = round % 2 === 1;
    digest = sha256(
      odd ? passwords : digest,
      round % 3 === 0 ? none : salts,
      round % 7 === 0 ? none : passwords,
      odd ? digest : passwords,
    );
  }
  return encoded(digest);
}

/** Groups of three bytes that lie far apart, the last one of two, each from its low bits on. */
function encoded(digest: Buffer): string {
  const byte = (index: number): number => digest[index] ?? 0;
  let text = "";
  const add = (bits: number, characters: number): void => {
    for (let shift = 0; shift < characters; shift++) text += ALPHABET.charAt((bits >> (6 * shift)) & 63);
  };
  for (let group = 0; group < 10; group++) {
    const at = (start: number): number => byte((start + 21 * group) % 30);
    add((at(0) << 16) | (at(10) << 8) | at(20), 4);
  }
  add((byte(31) << 8) | byte(30), 3);
  return text;
}

function sha256(...parts: Buffer[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The first bytes of something that is repeated as often as need be. */
function repeated(bytes: Buffer, length: number): Buffer {
  return length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes);
}
