import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);

/** Fewer rounds than any server asks for: an impostor would like few. RFC 7677 */
const LEAST_ITERATIONS = 4_096;

/** Passwords as they were last made ready: that takes milliseconds of the processor. */
const READY = new Map<string, Buffer>();
const MOST_READY = 16;

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** A log-in by SCRAM-SHA-256, from the client's side: the server proves that it knows the password, too. RFC 5802 */
export class Scram {
  readonly first: string;
  private expected = "";

  constructor(
    private readonly user: string,
    private readonly password: string,
    private readonly nonce = randomBytes(24).toString("base64"),
  ) {
    this.first = `n,,${this.bare}`;
  }

  private get bare(): string {
    return `n=${this.user.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${this.nonce}`;
  }

  /** @throws Error for a challenge that no server would make. */
  async answer(challenge: string): Promise<string> {
    const [, nonce = "", salt = "", rounds = ""] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge) ?? [];
    const iterations = Number(rounds);
    if (!nonce.startsWith(this.nonce) || nonce === this.nonce || iterations < LEAST_ITERATIONS)
      throw new Error("the server's challenge is none");
    const salted = await prepared(this.password, salt, iterations);
    const end = `c=${Buffer.from("n,,").toString("base64")},r=${nonce}`;
    const text = `${this.bare},${challenge},${end}`;
    const key = hmac(salted, "Client Key");
    const signature = hmac(createHash("sha256").update(key).digest(), text);
    const proof = Buffer.from(key.map((byte, index) => byte ^ (signature[index] ?? 0)));
    this.expected = `v=${hmac(hmac(salted, "Server Key"), text).toString("base64")}`;
    return `${end},p=${proof.toString("base64")}`;
  }

  /** @throws Error where the server does not know the password. */
  verify(proof: string): void {
    if (this.expected === "" || proof !== this.expected)
      throw new Error("the server does not know the password");
  }
}

async function prepared(password: string, salt: string, iterations: number): Promise<Buffer> {
  const name = createHash("sha256")
    .update(JSON.stringify([password, salt, iterations]))
    .digest("hex");
  const known = READY.get(name);
  if (known) return known;
  // What SASLprep does to other than ASCII letters, but for characters that it forbids.
  const salted = await derive(
    password.normalize("NFKC"),
    Buffer.from(salt, "base64"),
    iterations,
    32,
    "sha256",
  );
  const [oldest] = READY.keys();
  if (READY.size >= MOST_READY && oldest !== undefined) READY.delete(oldest);
  READY.set(name, salted);
  return salted;
}
