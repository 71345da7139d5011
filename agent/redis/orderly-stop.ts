import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { monotonic } from "../core/clock";
import { writeWhole } from "../core/record";
import type { Supervisor } from "../core/supervisor";
import type { LocalServer } from "./connection";
import { ReplyError } from "./resp";
import { SAVED_FILE } from "../../components/redis/protocol";

/** How long a server may take to write all of its data, ms. */
const SAVE_WITHIN = 120_000;

/**
 * Ends the server with a picture of its data that names its place in a history, by which it follows on later without a full
 * copy. From its log of commands it would not know that place.
 *
 * That the picture is of this very moment is written down, and forgotten when the next server starts from it (`engine.sh`):
 * what the log has got since is never passed over for an older picture.
 */
export class OrderlyStop {
  private readonly picture: string;
  private readonly note: string;

  /**
   * @param volume - the mount of the data volume.
   * @param volatile - data is in memory alone: no picture is made
   */
  constructor(
    private readonly server: LocalServer,
    private readonly supervisor: Supervisor,
    volume: string,
    private readonly volatile = false,
  ) {
    this.picture = join(volume, "data", "dump.rdb");
    this.note = join(volume, "stateful", SAVED_FILE);
  }

  /** @throws Error when the server is still there, or has ended without a picture. */
  async run(): Promise<void> {
    await this.forget();
    const before = await this.seen();
    const end = monotonic() + SAVE_WITHIN;
    await this.shutDown(end);
    while ((await this.supervisor.report()).running) {
      if (monotonic() > end) throw new Error("the server does not end");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (this.volatile) return;
    const after = await this.seen();
    // It is written under another name, and gets this one when all of it is there.
    if (after === undefined || after === before)
      throw new Error("the server has ended without saving its data");
    await writeWhole(this.note, `${after}\n`);
  }

  /** It refuses while it begins its log of commands anew. */
  private async shutDown(end: number): Promise<void> {
    for (;;) {
      // Nothing is answered by a server that ends.
      const refused = await this.server
        .ask([["SHUTDOWN", this.volatile ? "NOSAVE" : "SAVE"]], SAVE_WITHIN)
        .catch((error: unknown) => error);
      if (!(refused instanceof ReplyError)) return;
      if (monotonic() > end) throw refused;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** What was written down holds no more: the server writes on. */
  async forget(): Promise<void> {
    await rm(this.note, { force: true });
  }

  private async seen(): Promise<string | undefined> {
    const found = await stat(this.picture).catch(() => undefined);
    return found && `${found.ino} ${found.mtimeMs} ${found.size}`;
  }
}
