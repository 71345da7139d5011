import type { Ordinal } from "../core/types";
import { CODES, type Commands, Refused } from "./connection";
import { lookAt, type SetLook, STATES } from "./look";
import type { Document } from "./wire";

/** For how long who is not to be the primary does not stand for it, s. */
const FROZEN_FOR = 10;

/** For how long this one does not stand again, and how long the others may take to have all that it has; s. */
const AWAY_FOR = 60;
const CATCH_UP_WITHIN = 10;

/** Of the command itself, ms. */
const STEP_DOWN_WITHIN = (CATCH_UP_WITHIN + 5) * 1_000;

/** Between two looks, and between two attempts; ms. */
const LOOK_EVERY = 250;
const TRY_EVERY = 1_000;

/** How long a successor may take to be known, ms. */
const ELECTED_WITHIN = 5_000;

/** What a hand-over works with. */
export interface HandOverParts {
  self: Ordinal;
  server: Commands;
  /** Sends a command to another member's server. */
  ask: (ordinal: Ordinal, command: Document) => Promise<Document>;
  pause: (duration: number) => Promise<void>;
}

/** Hands the primary over by stepping down when another one has all data, and never otherwise. */
export class HandOver {
  constructor(private readonly parts: HandOverParts) {}

  /** Returns when the other one is the primary. */
  async to(target: Ordinal): Promise<void> {
    const { self, ask } = this.parts;
    const rest = (await this.look()).members
      .filter(({ state, ordinal }) => state === STATES.secondary && ordinal !== target && ordinal !== self)
      .map(({ ordinal }) => ordinal);
    const freeze = async (seconds: number): Promise<void> => {
      await Promise.allSettled(rest.map(async (ordinal) => ask(ordinal, { replSetFreeze: seconds })));
    };
    await freeze(FROZEN_FOR);
    try {
      await this.stepDown();
      // Whom the server would ask to stand may be one of the others.
      await this.untilSuccessor(async () => ask(target, { replSetStepUp: 1 }));
    } finally {
      await freeze(0);
    }
  }

  /** Hands over to whom the others elect, if this one leads. @throws Refused where nobody has all data */
  async once(): Promise<void> {
    const { state, members } = await this.look();
    if (state !== STATES.primary || members.length < 2) return;
    await this.stepDown();
    await this.untilSuccessor();
  }

  /** Hands over to whom the others elect, as often as it takes: as long as nobody could, this one goes on. */
  async away(): Promise<void> {
    for (;;) {
      const { state, members } = await this.look();
      if (state !== STATES.primary || members.length < 2) return;
      try {
        await this.stepDown();
        break;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.code === CODES.notWritablePrimary) return;
      }
      await this.parts.pause(TRY_EVERY);
    }
    await this.untilSuccessor();
  }

  private async stepDown(): Promise<void> {
    await this.parts.server.run(
      { replSetStepDown: AWAY_FOR, secondaryCatchUpPeriodSecs: CATCH_UP_WITHIN },
      STEP_DOWN_WITHIN,
    );
  }

  /** @param stand - has somebody stand for election, who may not be able to yet */
  private async untilSuccessor(stand?: () => Promise<unknown>): Promise<void> {
    for (let waited = 0; waited < ELECTED_WITHIN; waited += LOOK_EVERY) {
      if (waited > 0) await stand?.().catch(() => undefined);
      const { members } = await this.look();
      if (members.some(({ state, ordinal }) => state === STATES.primary && ordinal !== this.parts.self))
        return;
      await this.parts.pause(LOOK_EVERY);
    }
    throw new Error("nobody has been elected");
  }

  private async look(): Promise<SetLook> {
    const look = await lookAt(this.parts.server);
    if (typeof look === "string") throw new Error("it is in no replica set");
    return look;
  }
}
