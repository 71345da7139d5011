import type { Notice } from "../core/notices";
import type { ServerFacts } from "./info";

/** What people must know of a server's log of commands, by what it is about; `undefined` where all is well. */
export function logNotices({
  log,
  undone,
}: Pick<ServerFacts, "log" | "undone">): Record<"log" | "undone", Notice | undefined> {
  return {
    log: log.failed
      ? {
          severity: "problem",
          text: "the server cannot write its log of commands, and takes no writes",
          advice: "see to the volume: is it full? It may grow while the server runs",
        }
      : undefined,
    undone:
      undone > 0
        ? {
            severity: "problem",
            text: `the server could not do ${undone} commands of its log, or of its primary: it lacks what they wrote`,
            advice:
              "its log says which (CRITICAL). A replica gets a whole copy when its pod and its claim are deleted; where it " +
              "is the primary, compare it with another member before",
          }
        : undefined,
  };
}
