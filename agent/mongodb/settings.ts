import { join } from "node:path";
import { RUN_FILES } from "../../components/mongodb/protocol";
import type { Credentials } from "../core/credentials";
import { readIfThere, writeWhole } from "../core/record";
import { keysIn, keysText } from "./member-keys";

/** The server refuses a key that others may read. https://www.mongodb.com/docs/manual/core/security-internal-authentication/#keyfiles */
const MODE = 0o600;

/** Writes what a server reads when it starts, in memory. */
export class StartFiles {
  constructor(
    private readonly directory: string,
    private readonly certificates: Credentials,
  ) {}

  /** @param keys - by which members know each other */
  async write(keys: readonly string[]): Promise<void> {
    await writeWhole(this.keyFile, keysText(keys), MODE);
    await this.writeCertificates();
  }

  /** What the server lets its agent in by, and the others believe: what it has read, whatever the Secret says by now. */
  async keys(): Promise<string[]> {
    return keysIn((await readIfThere(this.keyFile)) ?? "");
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
