import { GROWS_UP_TO } from "../../components/protocol/annotations";
import { larger } from "../../components/storage/growth";
import type { Claim } from "../kube/objects";
import { type Finding, notice, problem } from "./findings";
import type { Observed } from "./observe";
import { sharesDisk } from "./usage";

/** At these shares of its size a volume is told to be made larger: while there is time, and when there is little left. */
const LEVELS = { soon: 0.7, now: 0.85 };

const GIBIBYTE = 1024 ** 3;

/** Whether a volume will be too small, and what size would do; nothing while there is room. */
export function fullness(
  { metadata: { name, annotations }, spec, status }: Claim,
  { usage }: Observed,
): Finding | undefined {
  const use = usage[name];
  if (use === undefined) return undefined;
  const filled = use.usedBytes / use.capacityBytes;
  if (filled < LEVELS.soon) return undefined;
  const size = status?.capacity?.storage ?? spec.resources.requests.storage;
  const upTo = annotations?.[GROWS_UP_TO];
  // It is about to grow, or grows: what is in the way of that its member says.
  if (upTo !== undefined && larger(spec.resources.requests.storage, upTo) !== spec.resources.requests.storage)
    return undefined;
  const [what, advice] = sharesDisk(use, size)
    ? ["the disk that it shares with others", "make room on that disk, or delete what is not needed"]
    : upTo === undefined
      ? [
          "the volume",
          `raise storage in the stack file to ${twice(use.usedBytes)}, twice what is used, where the class lets volumes grow; ` +
            "or delete what is not needed",
        ]
      : [
          "the volume",
          `it has grown as far as it may: raise storageGrowth.upTo, ${upTo}; or delete what is not needed`,
        ];
  const text = `${what} is ${Math.round(filled * 100)} % full`;
  return filled < LEVELS.now
    ? notice(name, `${text}; from ${LEVELS.now * 100} % on that is a problem`, advice)
    : problem(name, `${text}; a database that finds no room stops taking writes`, advice);
}

function twice(bytes: number): string {
  return `${Math.ceil((2 * bytes) / GIBIBYTE)}Gi`;
}
