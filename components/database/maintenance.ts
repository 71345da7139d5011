import type * as k8s from "@pulumi/kubernetes";
import { checkChoice } from "../common/checks";
import type { Problems } from "../common/problems";
import { MAINTENANCE } from "../protocol/annotations";
import { type Maintenance, parseWeeklyWindow, SHORTEST_WINDOW_MINUTES } from "../protocol/maintenance";

/** What becomes of the primary's pod in a window. */
export enum PrimaryUpdate {
  /** It hands over, and is replaced, when all others have been. */
  Automatic = "automatic",
  /** It stays until somebody has had it hand over: `npm run switchover`. */
  Supervised = "supervised",
}

/** When a deployment's changes come to the pods. */
export interface MaintenanceArgs {
  /**
   * When pods may be replaced, in UTC: `02:00-04:00` each day, or with days before it, as in `Sun 02:00-04:00`, `Sat,Sun 23:00-01:00` or
   * `Mon-Fri 02:00-04:00`. Each at least 30 minutes long; one that ends on the next day belongs to the day on which it begins.
   */
  windows: string[];
  /** What becomes of the primary's pod there. @default automatic */
  primaryUpdate?: PrimaryUpdate;
}

const MINUTES_OF_DAY = 24 * 60;

/** Finds what is wrong with it. */
export function checkMaintenance(maintenance: MaintenanceArgs | undefined, problems: Problems): void {
  if (maintenance === undefined) return;
  checkChoice("primaryUpdate", maintenance.primaryUpdate, Object.values(PrimaryUpdate), problems);
  const { windows } = maintenance;
  if (windows.length === 0) {
    problems.add("windows", {
      value: windows,
      allowed: "one window or more",
      fix: "write one like Sun 02:00-04:00; or remove maintenance: pods are replaced when it is deployed",
    });
  }
  windows.forEach((text, index) => {
    const window = parseWeeklyWindow(text);
    const key = `windows[${index}]`;
    if (window === undefined) {
      problems.add(key, {
        value: text,
        allowed: "a time of the day in UTC, with days of the week before it or without",
        fix: "write it like 02:00-04:00, Sun 02:00-04:00, Sat,Sun 23:00-01:00 or Mon-Fri 02:00-04:00",
      });
    } else if (window.end - window.start < SHORTEST_WINDOW_MINUTES) {
      problems.add(key, {
        value: text,
        allowed: `a window of ${SHORTEST_WINDOW_MINUTES} minutes or more: a replacement that begins at its end lasts beyond it`,
        fix: "let it end later",
      });
    } else if (window.days.size === 7 && window.end - window.start >= MINUTES_OF_DAY - 1) {
      problems.add(key, {
        value: text,
        allowed: "a window that closes",
        fix: "remove maintenance: pods are replaced when it is deployed",
      });
    }
  });
}

/** Who replaces pods: Kubernetes as soon as they are of another kind than is wanted, or each member's agent, in a window. */
export function updateStrategy(
  maintenance: MaintenanceArgs | undefined,
): k8s.types.input.apps.v1.StatefulSetUpdateStrategy {
  return { type: maintenance === undefined ? "RollingUpdate" : "OnDelete" };
}

/** On the StatefulSet, which its agents read anyway: so another window restarts nothing. */
export function maintenanceAnnotation(maintenance: MaintenanceArgs | undefined): Record<string, string> {
  if (maintenance === undefined) return {};
  const { windows, primaryUpdate } = maintenance;
  const wanted: Maintenance = {
    windows,
    ...(primaryUpdate === PrimaryUpdate.Supervised ? { supervised: true } : {}),
  };
  return { [MAINTENANCE]: JSON.stringify(wanted) };
}
