import type { Log } from "../core/log";
import type { Ordinal, Report } from "../core/types";
import type { Commands } from "./connection";
import { changed, listedIn, nextChange } from "./set-config";
import { documentIn } from "./wire";

/** How long a change may take to be on a majority, ms; it stays when that takes longer. */
const COMMITTED_WITHIN = 5_000;

/** What the set's configuration is kept with. */
export interface MembersParts {
  self: Ordinal;
  server: Commands;
  /** By which members know each other, with the port. */
  host: (ordinal: Ordinal) => string;
  /** What is known of all members at this moment. */
  members: () => readonly Report[];
  log: Log;
}

/** Keeps who is in the set's configuration, on the primary: without force, one change at a time, each settled before the next. */
export class SetMembers {
  constructor(private readonly parts: MembersParts) {}

  /** @param replicas - the size of the set; `undefined` while it is not known */
  async reconcile(replicas: number | undefined): Promise<void> {
    const { self, server, host, members, log } = this.parts;
    const answer = await server.run({ replSetGetConfig: 1, commitmentStatus: true });
    if (answer["commitmentStatus"] !== true) return;
    const config = documentIn(answer, "config");
    const own = members().find(({ ordinal }) => ordinal === self);
    if (own === undefined) return;
    const peers = members().filter(({ ordinal }) => ordinal !== self);
    const change = nextChange({ self, listed: listedIn(config), replicas, own, peers });
    if (change === undefined) return;
    log("info", `${change.kind} a member`, { ...change });
    await server.run(
      { replSetReconfig: changed(config, change, host(change.ordinal)), maxTimeMS: COMMITTED_WITHIN },
      2 * COMMITTED_WITHIN,
    );
  }
}
