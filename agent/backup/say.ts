import type { Notices } from "../core/notices";
import type { Written, Gap } from "./events";
import { Refused, StoreError } from "./store/store";

/** Why a backup does not go on. */
export interface Trouble {
  error: unknown;
  text: string;
}

/** A gap, and whether the log after it has a base to be replayed on. */
export interface KnownGap extends Written<Gap> {
  based?: boolean;
}

/** How a backup stands. */
export interface Standing {
  /** For how long nothing has been stored, ms. */
  behind: number;
  /** ms since 1970. */
  now: number;
  trouble: Trouble | undefined;
  /** Each with whether a base was made since. */
  gaps: readonly KnownGap[];
  /** For how long a gap matters, ms. */
  retention: number;
}

/** After this time behind it is said, and after this one the database is not well; what somebody must change is said sooner, ms. */
const REFUSED_AFTER = 10_000;
const NOTICE_AFTER = 60_000;
const PROBLEM_AFTER = 300_000;

const UNTIL_A_BASE =
  "wait for the full copy that was begun by itself: until then nothing after the gap can be restored either";

/** Says of a backup what is not as it should be. */
export function sayBackup(notices: Notices, { behind, now, trouble, gaps, retention }: Standing): void {
  const refused = trouble?.error instanceof Refused;
  const advice = trouble?.error instanceof StoreError ? trouble.error.advice : undefined;
  const since = timeOf(Math.floor((now - behind) / 60_000) * 60_000);
  notices.set(
    "backup",
    behind < (refused ? REFUSED_AFTER : NOTICE_AFTER)
      ? undefined
      : {
          // What somebody must change does not pass by itself.
          severity: refused || behind >= PROBLEM_AFTER ? "problem" : "notice",
          text: `nothing has been stored in the backup since ${since}${trouble ? `: ${trouble.text}` : ""}`,
          ...(advice === undefined ? {} : { advice }),
        },
  );
  const open = gaps.filter((gap) => now - gap.to < retention);
  const [first] = open;
  const more = open.length > 1 ? `, nor in ${open.length - 1} more gaps` : "";
  notices.set(
    "backup gap",
    first && {
      severity: open.every(({ based }) => based === true) ? "notice" : "problem",
      text: `no moment between ${timeOf(first.from)} and ${timeOf(first.to)} can be restored${more}: ${first.why}`,
      ...(open.every(({ based }) => based === true) ? {} : { advice: UNTIL_A_BASE }),
    },
  );
}

function timeOf(moment: number): string {
  return new Date(moment).toISOString().replace(/\.\d+Z$/, "Z");
}
