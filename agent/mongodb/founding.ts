import type { Clock } from "../core/clock";
import { messageOf } from "../core/log";
import type { Ordinal } from "../core/types";
import type { Commands } from "./connection";
import { lookAt } from "./look";
import { aloneIn } from "./set-config";
import { documentIn, documentsIn, textIn } from "./wire";

/** How long the first member may take to start and to be the primary, ms: data that is there may have to be recovered. */
const FOUNDED_WITHIN = 600_000;

/** Between two attempts, ms. */
const TRY_EVERY = 500;

/** Between two looks at what the set's default is, ms. */
const SETTLE_EVERY = 60_000;

/** What every write waits for that does not say otherwise: a majority has it in its journal. */
const SAFE = { w: "majority", wtimeout: 0 };

/** What beginning a set works with. */
export interface FoundingParts {
  self: Ordinal;
  /** Of the replica set. */
  setName: string;
  server: Commands;
  /** By which members know each other, with the port. */
  host: (ordinal: Ordinal) => string;
  pause: (duration: number) => Promise<void>;
  clock: Clock;
}

/** Begins a replica set with one member alone: the others are added one by one. */
export class Founding {
  private settledAt = -Infinity;

  constructor(private readonly parts: FoundingParts) {}

  /** Returns when the server is the primary of a set that it is alone in. */
  async begin(): Promise<void> {
    const { self, setName, server, host } = this.parts;
    this.settledAt = -Infinity;
    await this.until(async () => {
      if ((await lookAt(server)) !== "none") return;
      await server.run({ replSetInitiate: { _id: setName, members: [{ _id: self, host: host(self) }] } });
    });
    await this.settle();
  }

  /** The same with data that an operator chose: what the others have, who may be gone for good, is given up. */
  async goOnAlone(): Promise<void> {
    const { self, server, host } = this.parts;
    let forced = false;
    await this.until(async () => {
      if (forced) return;
      const config = documentIn(await server.run({ replSetGetConfig: 1 }), "config");
      await server.run({ replSetReconfig: aloneIn(config, self, host(self)), force: true });
      forced = true;
    });
    await this.settle();
  }

  /** Whether the configuration that the server has, has it. */
  async isListed(): Promise<boolean> {
    const { self, server, host } = this.parts;
    const config = documentIn(await server.run({ replSetGetConfig: 1 }), "config");
    return documentsIn(config, "members").some((member) => textIn(member, "host") === host(self));
  }

  /**
   * Has the set's own default be what no fail-over undoes, whatever somebody has set it to.
   * https://www.mongodb.com/docs/manual/reference/command/setDefaultRWConcern/
   */
  async settle(): Promise<void> {
    const { server, clock } = this.parts;
    if (clock() - this.settledAt < SETTLE_EVERY) return;
    const answer = await server.run({ getDefaultRWConcern: 1 });
    const { w } = documentIn(answer, "defaultWriteConcern");
    // Without anybody's word it depends on who is in the set.
    if (w !== SAFE.w || answer["defaultWriteConcernSource"] !== "global")
      await server.run({ setDefaultRWConcern: 1, defaultWriteConcern: SAFE });
    this.settledAt = clock();
  }

  private async until(work: () => Promise<void>): Promise<void> {
    const { clock, server, pause } = this.parts;
    const end = clock() + FOUNDED_WITHIN;
    for (;;) {
      let why = "it has not been elected";
      try {
        await work();
        const look = await lookAt(server);
        if (typeof look !== "string" && look.writable) return;
      } catch (error) {
        why = messageOf(error);
      }
      if (clock() > end) throw new Error(`the server does not become the primary: ${why}`);
      await pause(TRY_EVERY);
    }
  }
}
