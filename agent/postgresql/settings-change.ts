import { isDeepStrictEqual } from "node:util";

/** Patroni's key for what is followed. https://patroni.readthedocs.io/en/latest/standby_cluster.html */
export const FOLLOWED = "standby_cluster";

/**
 * The merge patch that makes shared settings what they are wanted to be; `undefined` when they are. Keys of Patroni's
 * that are not ours stay, such as `pause`. A database that has data of its own is never made a copy of another one: its servers would
 * rewind theirs. So what is followed may be changed and removed here, and is added nowhere but where a database begins.
 */
export function settingsChange(present: unknown, wanted: object): object | undefined {
  const have = isMap(present) ? present : {};
  const patch = Object.fromEntries(
    Object.entries(JSON.parse(JSON.stringify(wanted)) as Record<string, unknown>)
      .filter(([key, value]) => !isDeepStrictEqual(have[key], value) && mayChange(key, have))
      .map(([key, value]) => [key, withRemovals(have[key], value)]),
  );
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** A merge patch carried out. https://www.rfc-editor.org/rfc/rfc7396 */
export function merged(present: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result = isMap(present) ? { ...present } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = merged(result[key], value);
  }
  return result;
}

function mayChange(key: string, present: Record<string, unknown>): boolean {
  return key !== FOLLOWED || isMap(present[FOLLOWED]);
}

function withRemovals(present: unknown, wanted: unknown): unknown {
  if (!isMap(wanted) || !isMap(present)) return wanted;
  const gone = Object.keys(present).filter((key) => !(key in wanted));
  return {
    ...Object.fromEntries(gone.map((key) => [key, null])),
    ...Object.fromEntries(
      Object.entries(wanted).map(([key, value]) => [key, withRemovals(present[key], value)]),
    ),
  };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
