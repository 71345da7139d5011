import type { Lag } from "./engine";
import { isPrimary } from "./primary";
import type { Report } from "./types";

/**
 * How far a member is behind the primary.
 *
 * @param primary - what the primary told, before this member was looked at.
 * @returns nothing where there is none, or the engine cannot tell.
 */
export function lagBehind(
  primary: Report | undefined,
  own: Report,
  lag: Lag | undefined,
): string | undefined {
  const [here, there] = [own.status.position, primary?.status.position];
  if (here === undefined || there === undefined || isPrimary(own)) return undefined;
  return lag?.(here, there);
}
