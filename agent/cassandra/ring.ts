import type { Clock } from "../core/clock";
import type { Ordinal, View } from "../core/types";
import type { Row } from "./client";

/** Without a word for so long, a member counts as away, ms: members tell of themselves each second. */
const SILENT = 8_000;

/**
 * For how long the others are told nothing of who was about to join after it was last seen, ms: a server forgets it 30 s after its last word,
 * and for a minute more takes no news of it.
 *
 * @see https://github.com/apache/cassandra/blob/cassandra-5.0/src/java/org/apache/cassandra/gms/Gossiper.java (`QUARANTINE_DELAY`)
 */
const FORGOTTEN_AFTER = 75_000;

/** What the ring is asked for. */
export const RING_QUESTIONS = {
  local: "SELECT bootstrapped, broadcast_address, host_id FROM system.local",
  peers: "SELECT peer, tokens FROM system.peers_v2",
  gossip: "SELECT address, generation, heartbeat, status_with_port FROM system_views.gossip_info",
} as const;

/** What the local server says of itself and of the others. */
export interface RingAnswers {
  local: Row[];
  peers: Row[];
  gossip: Row[];
}

/** The ring, as one member sees it. */
export interface RingLook {
  /** It owns a part of the ring. */
  isMember: boolean;
  /** What it says of itself: `NORMAL`, `LEAVING`, … */
  state: string;
  view: View;
  /** Who is no member and is, or was of late, about to become one. */
  outside: Ordinal[];
  /** It has not been looked at for so long that all of these are known. */
  isNew: boolean;
}

/** Reads the ring from a server's answers, and remembers when each of the others was last heard of. */
export class Ring {
  private readonly heard = new Map<string, { beat: string; at: number }>();
  /** When each was last seen to be about to join. */
  private readonly joining = new Map<Ordinal, number>();
  /** From when on it is known who was about to join. */
  private knownFrom: number;

  constructor(
    private readonly self: Ordinal,
    private readonly clock: Clock,
  ) {
    this.knownFrom = clock() + FORGOTTEN_AFTER;
  }

  /** This member begins it: nobody was about to join before. */
  begun(): void {
    this.knownFrom = this.clock();
  }

  /** @param ordinals - by address, of those that are known. */
  look({ local, peers, gossip }: RingAnswers, ordinals: ReadonlyMap<string, Ordinal>): RingLook {
    const [own = {}] = local;
    const address = String(own["broadcast_address"]);
    const states = new Map<string, string>();
    for (const row of gossip) {
      const from = String(row["address"]);
      states.set(from, stateIn(row["status_with_port"]));
      this.hear(from, `${String(row["generation"])}.${String(row["heartbeat"])}`);
    }
    const members = new Set<Ordinal>();
    const online = new Set<Ordinal>();
    const state = states.get(address) ?? "";
    const isMember = own["bootstrapped"] === "COMPLETED" && SERVING.includes(state);
    if (isMember) {
      members.add(this.self);
      online.add(this.self);
    }
    for (const row of peers) {
      const peer = String(row["peer"]);
      const ordinal = ordinals.get(peer);
      // Who joins has no tokens yet.
      if (ordinal === undefined || !Array.isArray(row["tokens"]) || row["tokens"].length === 0) continue;
      members.add(ordinal);
      if (SERVING.includes(states.get(peer) ?? "") && this.isHeard(peer)) online.add(ordinal);
    }
    const sorted = (some: Iterable<Ordinal>): Ordinal[] => [...some].sort((one, other) => one - other);
    const view = { number: 1, members: sorted(members), online: sorted(online) };
    for (const [from, itsState] of states) {
      const ordinal = ordinals.get(from);
      if (ordinal !== undefined && !members.has(ordinal) && OUTSIDE.includes(itsState))
        this.joining.set(ordinal, this.clock());
    }
    for (const [ordinal, at] of this.joining)
      if (members.has(ordinal) || this.clock() - at >= FORGOTTEN_AFTER) this.joining.delete(ordinal);
    const outside = sorted(this.joining.keys()).filter((one) => one !== this.self);
    return { isMember, state, view, outside, isNew: this.clock() < this.knownFrom };
  }

  private hear(address: string, beat: string): void {
    if (this.heard.get(address)?.beat !== beat) this.heard.set(address, { beat, at: this.clock() });
  }

  private isHeard(address: string): boolean {
    const at = this.heard.get(address)?.at;
    return at !== undefined && this.clock() - at < SILENT;
  }
}

/** States of a member that answers for its part of the ring. */
const SERVING = ["NORMAL", "LEAVING", "MOVING"];

/** States of who is about to become a member; at first it has none. */
const OUTSIDE = ["", "BOOT", "BOOT_REPLACE"];

/** `NORMAL,-123456` → `NORMAL` */
function stateIn(value: unknown): string {
  return typeof value === "string" ? (value.split(",")[0] ?? "") : "";
}
