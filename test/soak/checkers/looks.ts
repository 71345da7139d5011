import { type Operation, withUnlogged, writtenBy } from "../history";
import type { Checker } from "./checker";

/**
 * Reads that commit nothing. They may tell what was: a primary that does not know yet of its successor answers them.
 * They may not tell what nobody wrote, or what was refused. How old their answers were, at most, is told.
 */
export const looks: Checker = {
  name: "looks",
  judge: async ({ operations, struckSides }) => {
    const all = withUnlogged(operations, struckSides);
    const seen = all.filter(({ action, outcome }) => action.f === "look" && outcome === "ok");
    if (seen.length === 0) return { outcome: "skipped", says: "there is nothing to judge" };
    const invented = seen.filter((look) => !isFounded(look, all));
    if (invented.length > 0) {
      return {
        outcome: "failed",
        says: `${invented.length} reads of what nobody wrote`,
        details: JSON.stringify(invented.slice(0, 20), null, 2),
      };
    }
    const ages = seen.map((look) => staleMs(look, all)).filter((age) => age > 0);
    const stale =
      ages.length === 0
        ? "none of what was no more"
        : `${ages.length} of what was no more, since ${(Math.max(...ages) / 1000).toFixed(1)} s at most`;
    return { outcome: "passed", says: `${seen.length} plain reads, ${stale}` };
  },
};

/** Whether somebody may have written what was read, before the read ended. */
function isFounded({ action, end = Infinity }: Operation, all: Operation[]): boolean {
  if (action.f !== "look" || typeof action.value !== "string") return true;
  const { key, value } = action;
  return all.some(
    (one) =>
      one.outcome !== "fail" &&
      one.start <= end &&
      writtenBy(one.action).some(
        (write) => write.list !== true && write.key === key && write.value === value,
      ),
  );
}

/** For how long, at least, another value had been there when a read began; 0 if nothing tells of one. */
function staleMs(look: Operation, all: Operation[]): number {
  if (look.action.f !== "look") return 0;
  const { key, value } = look.action;
  const sure = all.filter((one) => one.outcome === "ok" && one.end !== undefined);
  const write = sure.find((one) => writesTo(one, key) === value);
  // A register that is empty was so before every write.
  const since = value === null || value === undefined ? 0 : (write?.end ?? Infinity);
  const later = sure.filter((one) => {
    const other = writesTo(one, key);
    return other !== undefined && other !== value && one.start > since && (one.end ?? Infinity) < look.start;
  });
  return Math.max(0, ...later.slice(0, 1).map((one) => look.start - (one.end ?? look.start)));
}

function writesTo({ action }: Operation, key: string): string | undefined {
  if ((action.f !== "write" && action.f !== "swap") || action.key !== key) return undefined;
  return action.f === "write" || action.swapped === true ? action.value : undefined;
}
