import type { Clock } from "../core/clock";
import type { Archive } from "../core/engine";
import type { Log } from "../core/log";
import type { Lead } from "./lead";
import { upload } from "./upload";
import type { Wanted } from "./wanted";

/** At least this often it is written down until when all is stored, ms. */
const SAY_EVERY = 60_000;

/** What a log is stored with. */
interface StoringParts {
  archive: Archive;
  /** This member's ordinal, by which its files are told from others'. */
  ordinal: number;
  log: Log;
  clock: Clock;
  /** Time of day, ms since 1970. */
  now: () => number;
  /** Told of each stretch that was stored, and when all is. */
  progressed: () => void;
}

/** Stores the log of a primary, stretch by stretch, and writes down what is stored. */
export class LogStoring {
  constructor(private readonly parts: StoringParts) {}

  /** Stores all that is committed now. */
  async storeAll(wanted: Wanted, lead: Lead): Promise<void> {
    const { archive, ordinal, now, progressed } = this.parts;
    const { contains, unite } = archive.positions;
    const moment = now();
    await archive.acknowledge?.(lead.archived);
    const position = await archive.position();
    while (!contains(lead.archived, position)) {
      const next = await archive.next(lead.archived, lead.stored);
      if (!next) throw new Error("transactions are committed that are in no log");
      if ("hole" in next) {
        await this.writeGap(lead, next.after, next.until);
        continue;
      }
      const piece = await upload(wanted, archive, next, lead.folder, String(ordinal));
      const archived = unite(lead.archived, next.after);
      await lead.catalogue.write({ ...piece, archived });
      lead.archived = archived;
      await archive.acknowledge?.(archived);
      lead.stored = [next, ...lead.stored.filter((one) => one.file === next.file)].slice(0, 2);
      // It goes on, however much there is.
      progressed();
    }
    lead.restorable = moment;
    progressed();
  }

  /** Writes down until when all is stored, if that was not done a moment ago. */
  async writeRestorable({ settings }: Wanted, lead: Lead): Promise<void> {
    const { clock } = this.parts;
    if (lead.restorable === undefined) return;
    const every = Math.min(SAY_EVERY, settings.recoveryPointSeconds * 1000 * 6);
    if (clock() - lead.saidAt < every) return;
    const { archived, restorable: until } = lead;
    await lead.catalogue.write({ kind: "restorable", until, position: archived, archived });
    lead.saidAt = clock();
    await lead.catalogue.foldOwn();
  }

  /** Written down before the log goes on: what is not known to be missing would be missing without a word. */
  private async writeGap(lead: Lead, after: string, until: number): Promise<void> {
    const { archive, log, now } = this.parts;
    const why = "logs were given up, or lost, before they were stored";
    const before = lead.archived;
    const gap = { kind: "gap", before, after, from: lead.restorable ?? until, to: until, why } as const;
    await lead.catalogue.write(gap);
    const archived = archive.positions.unite(before, after);
    await lead.catalogue.write({ kind: "start", why: "gap", position: after, archived });
    lead.archived = archived;
    lead.gaps.push({ ...gap, name: "", at: now() });
    lead.lookedAt = -Infinity;
    log("warning", "the backup has a gap", { from: gap.from, to: gap.to });
  }
}
