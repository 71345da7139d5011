import type { CopyResult, DrillResult } from "../../components/protocol/backup";
import type { Notices } from "../core/notices";

/** What Jobs made of full copies and drills, for who cannot read the store. */
export interface Results {
  copy?: CopyResult | undefined;
  drill?: DrillResult | undefined;
  goodDrill?: DrillResult | undefined;
  /** Since when anything could have been written down, ms since 1970. */
  since?: number | undefined;
}

/** How many intervals may pass without a good drill. */
const INTERVALS = 2;

/** How long what is stored may be of no use for want of a full copy, ms. */
const COPY_WITHIN = 30 * 60_000;

const LOOK =
  "look at the Jobs and pods with the labels app.kubernetes.io/component=backup and app.kubernetes.io/instance of this database";

/**
 * When the attempt ended whose failure a notice tells.
 * @param kind - `full copy` or `restore drill`
 * @returns ms since 1970; `undefined` where it tells of none
 */
export function failureTold(kind: string, text: string): number | undefined {
  const at = new RegExp(`^the last ${kind}\\b[^(]* failed \\(([^)]+)\\)`).exec(text)?.[1];
  const ended = Date.parse(at ?? "");
  return Number.isNaN(ended) ? undefined : ended;
}

/** Says what is wrong with full copies and drills; with nothing known, and no backup, nothing. */
export function sayResults(
  notices: Notices,
  { copy, drill, goodDrill, since }: Results,
  { now, drillSeconds, lackingFor }: { now: number; drillSeconds: number | undefined; lackingFor: number },
): void {
  const failed =
    copy?.good === false ? `the last full copy failed (${copy.at ?? "?"}): ${copy.why ?? "?"}` : undefined;
  const lacking = lackingFor >= COPY_WITHIN && copy?.begun === undefined;
  const wanting = `for want of a full copy the log that is stored has been of no use for ${Math.floor(lackingFor / 60_000)} min`;
  notices.set(
    "backup copy",
    failed === undefined && !lacking
      ? undefined
      : { severity: "problem", text: failed ?? wanting, advice: copy?.advice ?? LOOK },
  );
  notices.set("backup drill", drillSeconds === undefined ? undefined : ofDrill());

  function ofDrill(): ReturnType<Notices["list"]>[number] | undefined {
    if (drill?.good === false) {
      const what = drill.target === undefined ? "" : ` of ${drill.target}`;
      return {
        severity: "problem",
        text: `the last restore drill${what} failed (${drill.at ?? "?"}): ${drill.why ?? "?"}; nothing old is deleted from the backup until one succeeds`,
        advice: drill.advice ?? LOOK,
      };
    }
    const last = Date.parse(goodDrill?.at ?? "");
    const from = Number.isNaN(last) ? since : last;
    if (from === undefined || now - from < INTERVALS * (drillSeconds ?? Infinity) * 1000) return undefined;
    const day = new Date(from).toISOString().replace(/\.\d+Z$/, "Z");
    return { severity: "problem", text: `no restore drill has succeeded since ${day}`, advice: LOOK };
  }
}
