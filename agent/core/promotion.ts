import { ACCEPT_LOSS } from "../../components/protocol/follow";
import { Background } from "./background";
import type { Lag } from "./engine";
import type { Log } from "./log";
import type { MarkerStore } from "./marker";
import { isPrimary } from "./primary";
import type { Marker, Report } from "./types";

/** What it works with. */
export interface PromotionParts {
  markers: MarkerStore;
  /** How positions compare; without it a database is promoted with what it has, and not otherwise. */
  lag: Lag | undefined;
  log: Log;
  /** Told of the marker that it wrote. */
  told: (marker: Marker) => void;
}

/**
 * Has a database that follows another one promoted, when an operator says so on its marker: with what it has, or as soon as it has all of
 * its source's log up to a position. That it is promoted is written down first, and the engine makes it so afterwards, however often its
 * members fail over or restart meanwhile. Nothing else ever promotes one.
 */
export class Promotion {
  private readonly writing: Background;

  constructor(private readonly parts: PromotionParts) {
    this.writing = new Background((error) => {
      parts.log("warning", "cannot write down that the database is promoted", { error });
    });
  }

  /** Does nothing but on the member that copies from the source. */
  look(own: Report, marker: Marker | undefined): void {
    if (!this.isDue(own, marker)) return;
    this.writing.run(() => this.promote(own));
  }

  private isDue(own: Report, marker: Marker | undefined): boolean {
    const { promote, follows, phase } = marker ?? {};
    if (promote === undefined || follows !== "source" || phase !== "running" || !isPrimary(own)) return false;
    const { position } = own.status;
    if (promote === ACCEPT_LOSS) return true;
    return position !== undefined && this.parts.lag?.(position, promote)?.amount === 0;
  }

  private async promote(own: Report): Promise<void> {
    const { markers, log, told } = this.parts;
    const stored = await markers.read();
    // It may have been taken back.
    if (!stored || !this.isDue(own, stored.marker)) return;
    const { promote } = stored.marker;
    const next: Marker = { ...stored.marker, follows: "promoted", promote: undefined };
    if (!(await markers.replace(next, stored.version)))
      throw new Error("the marker was changed by somebody else");
    told(next);
    log("info", "the database is promoted", { asked: promote, position: own.status.position });
  }
}
