import type { Clock } from "../core/clock";
import type { Archive } from "../core/engine";
import { messageOf, type Log } from "../core/log";
import type { Lead } from "./lead";

/** Between two looks for a copy that is waited for, ms. */
const WAITING_EVERY = 30_000;

/** Between two looks where none is, ms. */
const CALM_EVERY = 300_000;

/** Between two requests for a full copy, ms. */
const REQUEST_EVERY = 300_000;

/** What copies are looked for with. */
interface CopyParts {
  archive: Archive;
  /** Has a full copy made, where none is being made. */
  requestCopy: () => Promise<void>;
  log: Log;
  clock: Clock;
}

/** Asks for the full copies without which what is stored cannot be restored. */
export class DueCopies {
  constructor(private readonly parts: CopyParts) {}

  /** What is stored can be restored once there is a copy in this life, and after a gap one that has what was before it. */
  async look(lead: Lead): Promise<void> {
    const { archive, clock, requestCopy, log } = this.parts;
    const { catalogue, gaps } = lead;
    const waiting = lead.lackingSince !== undefined;
    if (clock() - lead.lookedAt < (waiting ? WAITING_EVERY : CALM_EVERY)) return;
    lead.lookedAt = clock();
    if (waiting || gaps.some(({ based }) => based !== true)) {
      const bases = await catalogue.ofKind("base", 0);
      const { contains } = archive.positions;
      for (const gap of gaps) gap.based = bases.some(({ position }) => contains(position, gap.after));
      const lacks = bases.length === 0 || gaps.some(({ based }) => based !== true);
      lead.lackingSince = lacks ? (lead.lackingSince ?? clock()) : undefined;
    }
    if (lead.lackingSince === undefined || clock() - lead.requestedAt < REQUEST_EVERY) return;
    lead.requestedAt = clock();
    log("info", "a full copy is due, and asked for");
    // That nobody makes one is said where none comes.
    await requestCopy().catch((error: unknown) => {
      log("warning", "a full copy cannot be asked for", { error: messageOf(error) });
    });
  }
}
