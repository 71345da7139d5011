import { Background } from "../core/background";
import type { Clock } from "../core/clock";
import { jsonLog, type Log } from "../core/log";
import type { Ordinal, Standing } from "../core/types";
import type { LocalServer, Row } from "./client";
import { KEYSPACES_QUESTION, keyspacesFrom, singleCopies } from "./keyspaces";
import { REPAIRS_QUESTION } from "./repairs";
import { type Place, sharePercent } from "./share";

/** Between two looks, ms. */
const LOOK_EVERY = 15_000;

/** Of keyspaces, that are told. */
const MOST_NAMES = 20;

/** What a server is asked for beside what it says all the time. */
export const STANDING_QUESTIONS = {
  local: "SELECT broadcast_address, host_id, rack, tokens FROM system.local",
  peers: "SELECT peer, rack, tokens FROM system.peers_v2",
  hints: "SELECT files FROM system_views.pending_hints",
  repairs: REPAIRS_QUESTION,
  keyspaces: KEYSPACES_QUESTION,
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

  /**
   * Looks again, if that is some time ago. Nobody waits for it.
   * @param ordinals - by address, of the members that are known.
   */
  refresh(ordinals: ReadonlyMap<string, Ordinal>): void {
    if (this.clock() - this.lookedAt < LOOK_EVERY) return;
    this.lookedAt = this.clock();
    this.looking.run(async () => {
      try {
        this.known = await this.look(ordinals);
      } catch (error) {
        this.known = undefined;
        throw error;
      }
    });
  }

  private async look(ordinals: ReadonlyMap<string, Ordinal>): Promise<Standing> {
    const ask = async (about: keyof StandingAnswers): Promise<Row[]> =>
      this.server.run(STANDING_QUESTIONS[about]);
    const answers = {
      local: await ask("local"),
      peers: await ask("peers"),
      hints: await ask("hints"),
      repairs: await ask("repairs"),
      keyspaces: await ask("keyspaces"),
    };
    return standingFrom(answers, ordinals);
  }
}

/** What a server has answered to each of the {@link STANDING_QUESTIONS}: the repairs are those of all members that have begun one. */
export type StandingAnswers = Record<keyof typeof STANDING_QUESTIONS, readonly Row[]>;

/** @param ordinals - by address, of the members that are known. */
export function standingFrom(
  { local: [own = {}], peers, hints, repairs, keyspaces }: StandingAnswers,
  ordinals: ReadonlyMap<string, Ordinal>,
): Standing {
  const repaired = repairs.find((row) => String(row["host_id"]) === String(own["host_id"]))?.[
    "repair_finish_ts"
  ];
  const at = repaired instanceof Date ? repaired.getTime() : 0;
  const racks = [own, ...peers].flatMap((row) => {
    const ordinal = ordinals.get(String(row["peer"] ?? row["broadcast_address"]));
    return ordinal === undefined ? [] : [[ordinal, String(row["rack"])]];
  });
  return {
    share: sharePercent(placeOf(own), peers.map(placeOf)),
    hints: hints.reduce((sum, { files }) => sum + Number(files ?? 0), 0),
    racks: Object.fromEntries(racks) as Record<string, string>,
    single: singleCopies(keyspacesFrom(keyspaces)).slice(0, MOST_NAMES),
    // One that never ended is at 1970.
    ...(at > 0 ? { repaired: at } : {}),
  };
}

function placeOf(row: Row): Place {
  const { tokens, rack } = row;
  return { tokens: Array.isArray(tokens) ? tokens.map(String) : [], rack: String(rack) };
}
