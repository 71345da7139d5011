import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { updateGuard } from "../common/update-guard";
import { membersOf, type PausedInputs } from "./pause";

/**
 * Says why replicas must not be taken away now, or nothing if they may.
 *
 * The pods that go and those that are restarted for a change would leave at the same time, and what is left
 * need not be a majority: the rest then waits, until somebody scales out again.
 */
export function scaleRefusal(
  database: string,
  before: PausedInputs,
  after: PausedInputs,
): string | undefined {
  const [had, wanted] = [membersOf(before), membersOf(after)];
  if (wanted >= had || isDeepStrictEqual(before.spec?.template, after.spec?.template)) return undefined;
  return (
    `${database}: replicas cannot go from ${had} to ${wanted} together with a change that restarts the pods ` +
    `(version, image, resources, settings, annotations). Make one of the two changes first, then the other.`
  );
}

/** Refuses to take replicas away together with a change that restarts the rest. */
export function scaleGuard(name: string): pulumi.ResourceHookBinding | undefined {
  return updateGuard<PausedInputs>(`${name}-scale`, scaleRefusal);
}
