import { PASSWORD_FILES } from "../../components/protocol/accounts";
import type { Credentials } from "../core/credentials";
import { writeWhole } from "../core/record";
import { hashLiteral } from "./password-hash";
import { readPassword } from "./passwords";
import { initSql } from "./settings";

/**
 * The statements that the server runs at each start. It may start without the agent's knowing beforehand, so what stands
 * there must always be what the Secret says.
 */
export class InitFile {
  private written: string | undefined;

  constructor(
    readonly path: string,
    private readonly credentials: Credentials,
  ) {}

  /** Writes it, if that is not what it holds already. Rejects when the Secret has no passwords that may be used. */
  async write(): Promise<void> {
    const root = await readPassword(this.credentials, PASSWORD_FILES.administrator);
    const replication = await readPassword(this.credentials, PASSWORD_FILES.replication);
    const passwords = JSON.stringify([root, replication]);
    if (passwords === this.written) return;
    await writeWhole(this.path, initSql(hashLiteral(root), hashLiteral(replication)));
    this.written = passwords;
  }
}
