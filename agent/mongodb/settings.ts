import { createHmac } from "node:crypto";
import { join } from "node:path";
import { RUN_FILES } from "../../components/mongodb/protocol";
import type { Credentials } from "../core/credentials";
import { readIfThere, writeWhole } from "../core/record";
import type { SharedSecret } from "../core/shared-secret";

/** The server refuses a key that others may read. https://www.mongodb.com/docs/manual/core/security-internal-authentication/#keyfiles */
const MODE = 0o600;

/** What the key is for; another number for another form of it. */
const PURPOSE = "stateful mongodb members 1";

/** Writes what a server reads when it starts, in memory. */
export class StartFiles {
  constructor(
    private readonly directory: string,
    private readonly certificates: Credentials,
    private readonly secret: SharedSecret,
  ) {}

  async write(): Promise<void> {
    const keys = (await this.secret.values()).map(keyOf);
    // Several of them as a list in YAML: the first is what a member shows, each is believed.
    await writeWhole(this.keyFile, keys.map((key) => `- ${key}\n`).join(""), MODE);
    await this.writeCertificates();
  }

  /** What the server lets its agent in by: what it has read, whatever the Secret says by now. */
  async key(): Promise<string> {
    const written = await readIfThere(this.keyFile);
    const [, key] = /^- (\S+)$/m.exec(written ?? "") ?? [];
    return key ?? keyOf(await this.secret.shown(0));
  }

  /** Key and certificate in one file, as the server wants them. @returns whether either file was another one */
  async writeCertificates(): Promise<boolean> {
    const [key, certificate, authority] = await Promise.all(
      ["tls.key", "tls.crt", "ca.crt"].map(async (name) => this.certificates.read(name)),
    );
    const written = await Promise.all([
      this.writeChanged(RUN_FILES.certificate, `${key}\n${certificate}\n`),
      this.writeChanged(RUN_FILES.authority, `${authority}\n`),
    ]);
    return written.includes(true);
  }

  private async writeChanged(name: string, text: string): Promise<boolean> {
    const path = join(this.directory, name);
    if ((await readIfThere(path)) === text) return false;
    await writeWhole(path, text, MODE);
    return true;
  }

  private get keyFile(): string {
    return join(this.directory, RUN_FILES.key);
  }
}

/** Of the letters that a key may have, and long enough, whatever the password is. */
function keyOf(password: string): string {
  return createHmac("sha256", password).update(PURPOSE).digest("base64").replaceAll("=", "");
}
