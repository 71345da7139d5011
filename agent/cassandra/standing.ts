import { Background } from "../core/background";
import type { Clock } from "../core/clock";
import { jsonLog, type Log } from "../core/log";
import type { Standing } from "../core/types";
import type { LocalServer, Row } from "./client";
import { REPAIRS_QUESTION } from "./repairs";
import { sharePercent } from "./share";

/** Between two looks, ms. */
const LOOK_EVERY = 15_000;

/** What a server is asked for beside what it says all the time. */
export const STANDING_QUESTIONS = {
  local: "SELECT host_id, tokens FROM system.local",
  peers: "SELECT tokens FROM system.peers_v2",
  hints: "SELECT files FROM system_views.pending_hints",
  repairs: REPAIRS_QUESTION,
} as const;

/** Knows for people how a member stands in its ring. */
export class RingStanding {
  private known: Standing | undefined;
  private lookedAt = -Infinity;
  private readonly looking: Background;

  constructor(
    private readonly server: Pick<LocalServer, "run">,
    private readonly clock: Clock,
    log: Log = jsonLog,
  ) {
    this.looking = new Background((error) => {
      log("warning", "cannot tell how it stands in its ring", { error });
    });
  }

  /** What was last seen; nothing while that cannot be asked. */
  get last(): Standing | undefined {
    return this.known;
  }

  /** Looks again, if that is some time ago. Nobody waits for it. */
  refresh(): void {
    if (this.clock() - this.lookedAt < LOOK_EVERY) return;
    this.lookedAt = this.clock();
    this.looking.run(async () => {
      try {
        this.known = await this.look();
      } catch (error) {
        this.known = undefined;
        throw error;
      }
    });
  }

  private async look(): Promise<Standing> {
    const ask = async (question: string): Promise<Row[]> => this.server.run(question);
    const { local, peers, hints, repairs } = STANDING_QUESTIONS;
    return standingFrom(await ask(local), await ask(peers), await ask(hints), await ask(repairs));
  }
}

/** @param repairs - of all members that have begun to repair their part. */
export function standingFrom(
  [own = {}]: readonly Row[],
  peers: readonly Row[],
  hints: readonly Row[],
  repairs: readonly Row[],
): Standing {
  const repaired = repairs.find((row) => String(row["host_id"]) === String(own["host_id"]))?.[
    "repair_finish_ts"
  ];
  const at = repaired instanceof Date ? repaired.getTime() : 0;
  return {
    share: sharePercent(tokensOf(own), peers.map(tokensOf)),
    hints: hints.reduce((sum, { files }) => sum + Number(files ?? 0), 0),
    // One that never ended is at 1970.
    ...(at > 0 ? { repaired: at } : {}),
  };
}

function tokensOf(row: Row): string[] {
  const tokens = row["tokens"];
  return Array.isArray(tokens) ? tokens.map(String) : [];
}
