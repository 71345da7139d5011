import type { WantedGrowth } from "../../components/protocol/growth";
import type { Clock } from "./clock";
import { type Log, messageOf } from "./log";
import type { Notices } from "./notices";

/** Between two looks, ms. */
const LOOK_EVERY = 10_000;

/** As often in a row a volume must have been too full: what is written and deleted again is no reason to pay for more. */
const LOOKS = 3;

/** A claim that was looked at by then is looked at again, ms: somebody else may have raised it. */
const CLAIM_FRESH = 60_000;

/** After a failure, ms. */
const AGAIN_AFTER = 30_000;

const GIBIBYTE = 1024 ** 3;
const ABOUT = "growth";

/** A volume's claim. */
export interface OwnClaim {
  /** What is asked for, bytes. */
  requested: number;
  /** What there is, bytes: less, while it grows. */
  capacity: number;
}

/** Where sizes are asked for, and written down. */
export interface GrowthStore {
  claim(): Promise<OwnClaim>;
  /** Asks for so many bytes. */
  grow(bytes: number): Promise<void>;
  /** The size that the database's volumes are to have by now, bytes; 0 where none has grown. */
  written(): Promise<number>;
  write(bytes: number): Promise<void>;
}

/** What a volume's growth works with. */
export interface VolumeGrowthParts {
  /** What the stack says; `undefined` where volumes do not grow by themselves. */
  wanted: () => Promise<WantedGrowth | undefined>;
  /** What of {@link GrowthStore.written} has come to this pod by a file, bytes: nobody is asked for it. */
  told: () => Promise<number>;
  /** What was last seen of the volume, bytes. */
  room: () => { free: number; size: number } | undefined;
  store: GrowthStore;
  notices: Notices;
  log: Log;
  clock: Clock;
}

/** What is known of a volume that grows by itself, bytes. */
export interface Growing {
  requested: number;
  limit: number;
}

/**
 * Makes this member's volume larger before it is full, up to what the stack allows.
 *
 * All volumes of a database are of one size: members hold the same, and any may be the next primary. So the first that is too full
 * writes down the next size, and each raises its own claim to that. It is written before anything is raised: a deployment that
 * reads it never asks for less than there is. A volume that still grows is left alone, however full it is.
 */
export class VolumeGrowth {
  private full = 0;
  private claim: (OwnClaim & { at: number }) | undefined;
  private limit: number | undefined;

  constructor(private readonly parts: VolumeGrowthParts) {}

  /** What is known; `undefined` where the volume does not grow by itself. */
  get growing(): Growing | undefined {
    if (this.claim === undefined || this.limit === undefined) return undefined;
    return { requested: this.claim.requested, limit: this.limit };
  }

  /** Looks for as long as the agent runs. */
  async run(pause: (duration: number) => Promise<void>): Promise<never> {
    for (;;) await pause(await this.look());
  }

  /** @returns after how long to look again, ms */
  async look(): Promise<number> {
    const { notices, log } = this.parts;
    try {
      const wanted = await this.parts.wanted();
      this.limit = wanted?.upToBytes;
      if (wanted === undefined) {
        this.forget();
        return LOOK_EVERY;
      }
      await this.follow(wanted);
      return LOOK_EVERY;
    } catch (error) {
      const failure = messageOf(error);
      log("warning", "the volume cannot be made larger", { error: failure });
      notices.set(ABOUT, {
        severity: "problem",
        text: `the volume is to grow by itself, and cannot: ${failure}`,
        advice: "see to what it says: its class needs allowVolumeExpansion: true; it tries again by itself",
      });
      return AGAIN_AFTER;
    }
  }

  private forget(): void {
    this.full = 0;
    this.claim = undefined;
    this.parts.notices.set(ABOUT, undefined);
  }

  private async follow(wanted: WantedGrowth): Promise<void> {
    const { store, clock, told, notices } = this.parts;
    const used = this.usedPercent();
    this.full = used !== undefined && used >= wanted.atPercent ? this.full + 1 : 0;
    const due = this.full >= LOOKS;
    const agreed = await told();
    const fresh = this.claim !== undefined && clock() - this.claim.at < CLAIM_FRESH;
    if (fresh && !due && agreed <= (this.claim?.requested ?? 0)) return;
    const claim = await store.claim();
    this.claim = { ...claim, at: clock() };
    const size = due ? await this.next(claim, wanted) : agreed;
    if (size > claim.requested) await this.raise(size, claim, used);
    const ended = due && claim.requested >= wanted.upToBytes;
    notices.set(
      ABOUT,
      ended
        ? {
            severity: "notice",
            text: `the volume has grown as far as storageGrowth.upTo lets it, and ${Math.floor(used ?? 0)} % of it is used`,
            advice: "raise storageGrowth.upTo, or delete what is not needed",
          }
        : undefined,
    );
  }

  /** The size that a volume which is too full is to have: the one that another member has written down, or the next one. */
  private async next({ requested, capacity }: OwnClaim, wanted: WantedGrowth): Promise<number> {
    const { store } = this.parts;
    const written = await store.written();
    if (written > requested) return written;
    if (capacity < requested || requested >= wanted.upToBytes) return requested;
    const step = requested * (1 + wanted.byPercent / 100);
    const size = Math.min(wanted.upToBytes, Math.ceil(step / GIBIBYTE) * GIBIBYTE);
    await store.write(size);
    return size;
  }

  private async raise(size: number, { requested }: OwnClaim, used: number | undefined): Promise<void> {
    const { store, log, clock } = this.parts;
    await store.grow(size);
    log("info", "the volume is made larger", {
      fromBytes: requested,
      toBytes: size,
      ...(used === undefined ? {} : { usedPercent: Math.floor(used) }),
    });
    this.claim = { requested: size, capacity: requested, at: clock() };
    this.full = 0;
  }

  private usedPercent(): number | undefined {
    const room = this.parts.room();
    return room === undefined || room.size === 0 ? undefined : (1 - room.free / room.size) * 100;
  }
}
