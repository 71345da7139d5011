import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { CommandError } from "./errors";

/** What the server keeps of a password. RFC 7677; https://www.mongodb.com/docs/manual/core/security-scram/ */
export interface ScramCredential {
  iterationCount: number;
  salt: string;
  storedKey: string;
  serverKey: string;
}

const ITERATIONS = 15_000;

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const sha256 = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();

/** @param salt - random by default */
export function credentialOf(password: string, salt = randomBytes(28)): ScramCredential {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  return {
    iterationCount: ITERATIONS,
    salt: salt.toString("base64"),
    storedKey: sha256(hmac(salted, "Client Key")).toString("base64"),
    serverKey: hmac(salted, "Server Key").toString("base64"),
  };
}

const failed = (): CommandError => new CommandError("AuthenticationFailed", "Authentication failed.");

/** One log-in, from the server's side. */
export class Conversation {
  user = "";
  private first = "";
  private firstAnswer = "";
  private nonce = "";
  /** Those that may be meant: there are two keys while one takes the place of the other. */
  private credentials: readonly ScramCredential[] = [];
  done = false;

  /** @param lookUp - rejects for whom there is not */
  constructor(private readonly lookUp: (user: string) => readonly ScramCredential[]) {}

  begin(payload: string): string {
    const [, , user = "", nonce = ""] = /^(n,[^,]*,)n=([^,]*),r=(.+)$/.exec(payload) ?? [];
    if (nonce === "") throw failed();
    this.user = user.replaceAll("=2C", ",").replaceAll("=3D", "=");
    this.first = payload.slice(payload.indexOf("n=", 2));
    this.credentials = this.lookUp(this.user);
    const [credential] = this.credentials;
    if (!credential) throw failed();
    this.nonce = nonce + randomBytes(18).toString("base64");
    this.firstAnswer = `r=${this.nonce},s=${credential.salt},i=${credential.iterationCount}`;
    return this.firstAnswer;
  }

  end(payload: string): string {
    const [, bound = "", nonce = "", proof = ""] = /^(c=[^,]+),r=([^,]+),p=(.+)$/.exec(payload) ?? [];
    if (nonce !== this.nonce) throw failed();
    const text = `${this.first},${this.firstAnswer},${bound},r=${nonce}`;
    const given = Buffer.from(proof, "base64");
    // They have the same salt, so that one answer fits them all.
    for (const { storedKey, serverKey } of this.credentials) {
      const stored = Buffer.from(storedKey, "base64");
      const signature = hmac(stored, text);
      if (given.length !== signature.length) continue;
      const clientKey = Buffer.from(signature.map((byte, index) => byte ^ given[index]!));
      if (!timingSafeEqual(sha256(clientKey), stored)) continue;
      this.done = true;
      return `v=${hmac(Buffer.from(serverKey, "base64"), text).toString("base64")}`;
    }
    throw failed();
  }
}
