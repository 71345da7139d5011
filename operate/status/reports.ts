import { readReport as readAny } from "../../agent/core/read-report";
import type { Report } from "../../agent/core/types";

/** Whose report it must be. */
export interface Reporter {
  namespace: string;
  /** The pod's name: that of the set, and its ordinal. */
  name: string;
}

/**
 * Reads what a pod answered as its agent. Nothing of it is believed before it is looked at: whatever answers, the
 * others' reports must still be told. Whether its position is one, the other members see.
 *
 * @throws Error that says what is wrong with it
 */
export function readReport(text: string, { namespace, name }: Reporter): Report {
  const report = readAny(asJson(text), () => true);
  const [, set, own] = /^(.*)-(\d+)$/.exec(name) ?? [];
  if (report.set !== `${namespace}/${set ?? ""}`)
    throw new Error(`it is of the set ${report.set.slice(0, 130)}`);
  if (report.ordinal !== Number(own)) throw new Error(`it is of the ordinal ${report.ordinal}`);
  return report;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is not JSON");
  }
}
