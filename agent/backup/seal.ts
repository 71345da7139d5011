import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { Damaged, Refused } from "./store/store";

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** What a sealed object begins with. */
const MAGIC = Buffer.from("SFB1");
const FINGERPRINT_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = MAGIC.length + FINGERPRINT_BYTES;
const CIPHER = "aes-256-gcm";

/** Shortest key, in characters: 32 random bytes in base64 have 44. */
export const SHORTEST_KEY = 32;

/** The most that an object may become when it is expanded, bytes. */
const EXPANDED = 64 * 1024 * 1024;

/**
 * Compresses and encrypts objects (AES-256-GCM). Each has a key of its own, made from the database's key and the object's
 * name (HKDF-SHA256): one that was put in another's place does not open, nor does one that was changed or cut.
 *
 * An object is `SFB1`, a fingerprint of the database's key, a random nonce, the cipher text, and the tag.
 */
export class Seal {
  private readonly key: Buffer;
  private readonly fingerprint: Buffer;

  /**
   * @param key - the database's key, a text; white space at its ends is no part of it.
   * @throws Refused when it is too short.
   */
  constructor(key: string) {
    const trimmed = key.trim();
    if (trimmed.length < SHORTEST_KEY) {
      throw new Refused(
        `the encryption key has ${trimmed.length} characters, fewer than ${SHORTEST_KEY}`,
        "make one of 32 random bytes: openssl rand -base64 32",
      );
    }
    this.key = Buffer.from(trimmed);
    this.fingerprint = this.derive("fingerprint", FINGERPRINT_BYTES);
  }

  /** @param name - the object's, in the store. */
  async close(name: string, content: Uint8Array): Promise<Buffer> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.keyOf(name), nonce);
    const head = Buffer.concat([MAGIC, this.fingerprint]);
    cipher.setAAD(head);
    const packed = await compress(content, { level: 1 });
    return Buffer.concat([head, nonce, cipher.update(packed), cipher.final(), cipher.getAuthTag()]);
  }

  /**
   * @throws Damaged when it is not what was stored by that name.
   * @throws Refused when another key closed it.
   */
  async open(name: string, sealed: Buffer): Promise<Buffer> {
    const least = HEAD_BYTES + NONCE_BYTES + TAG_BYTES;
    if (sealed.length < least || !sealed.subarray(0, MAGIC.length).equals(MAGIC)) {
      throw new Damaged(`${name} is not an object of a backup`);
    }
    const head = sealed.subarray(0, HEAD_BYTES);
    if (!head.subarray(MAGIC.length).equals(this.fingerprint)) {
      throw new Refused(
        `${name} was encrypted with another key`,
        "give the key that the backup was made with: it is in the Secret of the database that it is of",
      );
    }
    const nonce = sealed.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
    const cipher = createDecipheriv(CIPHER, this.keyOf(name), nonce);
    cipher.setAAD(head);
    cipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const text = sealed.subarray(HEAD_BYTES + NONCE_BYTES, -TAG_BYTES);
    let packed: Buffer;
    try {
      packed = Buffer.concat([cipher.update(text), cipher.final()]);
    } catch {
      throw new Damaged(`${name} is not what was stored by that name`);
    }
    return await expand(packed, { maxOutputLength: EXPANDED });
  }

  private keyOf(name: string): Buffer {
    return this.derive(`object ${name}`, 32);
  }

  private derive(purpose: string, bytes: number): Buffer {
    return Buffer.from(hkdfSync("sha256", this.key, "", `stateful backup: ${purpose}`, bytes));
  }
}
