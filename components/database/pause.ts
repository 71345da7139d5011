import type * as pulumi from "@pulumi/pulumi";
import { updateGuard } from "../common/update-guard";
import { PAUSED } from "../protocol/annotations";
import type { ResolvedArgs } from "./engine";

/** How many pods a database has: none while it is paused. */
export function podsWanted({ paused, replicas }: Pick<ResolvedArgs, "paused" | "replicas">): number {
  return paused === true ? 0 : replicas;
}

/** Of a paused database's StatefulSet: the size that it has when it goes on. */
export function pausedAnnotation({
  paused,
  replicas,
}: Pick<ResolvedArgs, "paused" | "replicas">): Record<string, string> {
  return paused === true ? { [PAUSED]: String(replicas) } : {};
}

/** What of a StatefulSet's inputs tells whether it is paused, and what of. */
export interface PausedInputs {
  metadata?: { annotations?: Record<string, string> };
  spec?: { replicas?: number; template?: unknown };
}

/** How many members a database has, also while it is paused. */
export function membersOf({ metadata, spec }: PausedInputs): number {
  const paused = metadata?.annotations?.[PAUSED];
  return paused === undefined ? (spec?.replicas ?? 1) : Number(paused);
}

/**
 * Says why a change must not come with a pause, or nothing if it may.
 *
 * Members are added, leave and are updated one at a time, by those that run; where one does not start, that stops, and the others serve
 * on. After a pause all start at once. Settings and resources may change: they touch no data.
 */
export function pauseRefusal(
  database: string,
  before: PausedInputs,
  after: PausedInputs,
): string | undefined {
  const [was, is] = [before, after].map(({ metadata }) => metadata?.annotations?.[PAUSED] !== undefined);
  if (was !== true && is !== true) return undefined;
  const advice =
    was === true
      ? "Set it back, remove paused, and deploy; change it when all members are ready."
      : "Make that change first, and pause it when all members are ready.";
  const [had, wanted] = [membersOf(before), membersOf(after)];
  if (had !== wanted) {
    return (
      `${database}: replicas cannot go from ${had} to ${wanted} while it is paused, or as a pause begins or ends: ` +
      `members are added, and leave, by those that run. ${advice}`
    );
  }
  const [ran, runs] = [imageOf(before), imageOf(after)];
  if (ran === undefined || runs === undefined || ran === runs) return undefined;
  return (
    `${database}: the server's image cannot go from ${ran} to ${runs} while it is paused, or as a pause begins or ends: ` +
    `all members would start with it at once, and none would be left if they do not. ${advice}`
  );
}

/** Refuses that, already at preview. */
export function pauseGuard(name: string): pulumi.ResourceHookBinding | undefined {
  return updateGuard<PausedInputs>(`${name}-pause`, pauseRefusal);
}

/** The server's: its container is the first one. */
function imageOf({ spec }: PausedInputs): string | undefined {
  const template = spec?.template as { spec?: { containers?: { image?: string }[] } } | undefined;
  return template?.spec?.containers?.[0]?.image;
}
