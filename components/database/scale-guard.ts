import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { updateGuard } from "../common/update-guard";

/** What of a StatefulSet's inputs decides whether replicas may be taken away. */
export interface ScaledInputs {
  spec?: { replicas?: number; template?: unknown };
}

/**
 * Says why replicas must not be taken away now, or nothing if they may.
 *
 * The pods that go and those that are restarted for a change would leave at the same time, and what is left
 * need not be a majority: the rest then waits, until somebody scales out again.
 */
export function scaleRefusal(
  database: string,
  { spec: before }: ScaledInputs,
  { spec: after }: ScaledInputs,
): string | undefined {
  const [had, wanted] = [before?.replicas ?? 1, after?.replicas ?? 1];
  if (wanted >= had || isDeepStrictEqual(before?.template, after?.template)) return undefined;
  return (
    `${database}: replicas cannot go from ${had} to ${wanted} together with a change that restarts the pods ` +
    `(version, image, resources, settings, annotations). Make one of the two changes first, then the other.`
  );
}

/** Refuses to take replicas away together with a change that restarts the rest. */
export function scaleGuard(name: string): pulumi.ResourceHookBinding | undefined {
  return updateGuard<ScaledInputs>(`${name}-scale`, (database, before, after) =>
    scaleRefusal(database, before, after),
  );
}
