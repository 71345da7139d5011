import { join } from "node:path";
import { readIfThere, writeWhole } from "../core/record";

const LINE = `synchronous_standby_names = '"no-member"' # stateful: nobody acknowledges a commit alone`;

/**
 * What a commit waits for while Patroni names nobody: until it does, since no member has this name. (`*` would let a copy
 * that is being made acknowledge it.) The line stands in the file below Patroni's own settings, which hold over it
 * whenever they name members. Patroni's `synchronous_mode_strict` promises the same, but forgets it when a primary that is
 * alone restarts, and does not let go when it is switched off (seen with 4.0.7 and 4.1.4).
 */
export class CommitFloor {
  private readonly path: string;

  /** @param volume - mount of the data volume. */
  constructor(volume: string) {
    this.path = join(volume, "data", "postgresql.base.conf");
  }

  async isSet(): Promise<boolean> {
    return ((await readIfThere(this.path)) ?? "").split("\n").includes(LINE);
  }

  /** @returns whether it was changed, so that the server must read its settings anew. */
  async set(wanted: boolean): Promise<boolean> {
    const text = await readIfThere(this.path);
    // A copy that is being made has none yet.
    if (text === undefined) return false;
    const lines = text.split("\n");
    if (lines.includes(LINE) === wanted) return false;
    const next = wanted ? `${text}\n${LINE}\n` : lines.filter((line) => line !== LINE).join("\n");
    await writeWhole(this.path, next);
    return true;
  }
}
