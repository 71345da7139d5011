import type { Place } from "./position";

/** What a server says of itself. */
export interface ServerFacts {
  /** It reads its data: how much of it, per cent. It answers nothing else meanwhile. */
  loading?: number;
  primary: boolean;
  /** Whom it follows: a replica's. */
  follows?: { address: string; port: number };
  /** It receives that one's writes as they happen. */
  linked: boolean;
  /** A full copy comes in: how many bytes are missing, as far as that is known. */
  copying?: { bytesLeft?: number };
  /** For how long there has been no link, s; absent where there never was one. */
  unlinkedFor?: number;
  /** Who follows it, and is caught up with the stream. */
  followers: Follower[];
  /** Absent where it does not know: it was started from its log of commands, and has followed nobody since. */
  place?: Place;
  /** Its log of commands: kept, and the last write to it succeeded. */
  log: { on: boolean; rewriting: boolean; failed: boolean };
  /** How many commands of its log, or of its primary, it answered with an error: what they wrote it lacks. */
  undone: number;
  version: string;
  /** Given anew at each start. */
  run: string;
}

/** A replica as its primary sees it. */
export interface Follower {
  address: string;
  /** How far it has said that it is. */
  offset: number;
  /** Since it last said something, s. */
  silent: number;
}

/** Reads the answer to `INFO`: a line for each fact. https://valkey.io/commands/info/ */
export function factsFrom(info: string): ServerFacts {
  const found = fieldsOf(info);
  const text = (name: string): string => found.get(name) ?? "";
  const number = (name: string): number | undefined => {
    const value = Number(found.get(name) ?? Number.NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  const flag = (name: string): boolean => text(name) === "1";
  const primary = text("role") === "master";
  const offset = (primary ? number("master_repl_offset") : number("slave_repl_offset")) ?? 0;
  const unlinked = number("master_link_down_since_seconds") ?? -1;
  const bytesLeft = number("master_sync_left_bytes");
  return {
    ...(flag("loading") ? { loading: Math.floor(number("loading_loaded_perc") ?? 0) } : {}),
    primary,
    ...(primary ? {} : { follows: { address: text("master_host"), port: number("master_port") ?? 0 } }),
    linked: !primary && text("master_link_status") === "up",
    ...(!primary && flag("master_sync_in_progress")
      ? { copying: bytesLeft === undefined || bytesLeft < 0 ? {} : { bytesLeft } }
      : {}),
    // Below zero: never.
    ...(unlinked >= 0 && text("master_link_status") !== "up" ? { unlinkedFor: unlinked } : {}),
    followers: primary ? followersIn(found) : [],
    // Histories begin with 1.
    ...(primary || offset > 1 ? { place: { history: text("master_replid"), offset } } : {}),
    log: {
      on: flag("aof_enabled"),
      rewriting: flag("aof_rewrite_in_progress") || flag("aof_rewrite_scheduled"),
      failed: flag("aof_enabled") && text("aof_last_write_status") !== "ok",
    },
    undone: number("unexpected_error_replies") ?? 0,
    version: found.get("valkey_version") ?? text("redis_version"),
    run: text("run_id"),
  };
}

/** `key:value`, a line each; headings and empty lines aside. */
function fieldsOf(info: string): Map<string, string> {
  return new Map(
    info.split(/\r?\n/).flatMap((line) => {
      const [, key, value] = /^([a-z_0-9]+):(.*)$/i.exec(line) ?? [];
      return key === undefined ? [] : [[key, value ?? ""] as const];
    }),
  );
}

function followersIn(found: ReadonlyMap<string, string>): Follower[] {
  return [...found].flatMap(([key, value]) => {
    if (!/^slave\d+$/.test(key)) return [];
    const parts = new Map(value.split(",").map((part) => part.split("=", 2) as [string, string]));
    if (parts.get("state") !== "online") return [];
    return [
      {
        address: parts.get("ip") ?? "",
        offset: Number(parts.get("offset") ?? 0),
        silent: Number(parts.get("lag") ?? 0),
      },
    ];
  });
}
