import { isExclusive } from "../../components/protocol/topology";
import type { Source } from "../core/engine";
import { messageOf, type Log } from "../core/log";

/** How far behind a replica may be that is copied in place of the primary, s. */
export const BEHIND_SECONDS = 30;

/** How an engine compares two members. */
export interface Comparing {
  /** Where the primary is now. */
  ask: (primary: Source) => Promise<unknown>;
  /** Whether a replica gets there within {@link BEHIND_SECONDS}. */
  reaches: (replica: Source, place: unknown) => Promise<boolean>;
  log: Log;
}

/**
 * Chooses the member that a full copy is made of: the highest replica that is not far behind, which costs the primary nothing.
 *
 * @param preferPrimary - whether it is the primary in any case
 * @throws Error without a primary: nobody else knows what a copy must hold
 */
export async function chooseDonor(
  sources: readonly Source[],
  preferPrimary: boolean,
  { ask, reaches, log }: Comparing,
): Promise<Source> {
  const primary = sources.find(({ role }) => isExclusive(role));
  if (primary === undefined) throw new Error("there is no primary, by which one knows what a copy must hold");
  const replicas = sources.filter((source) => source !== primary).sort((a, b) => b.ordinal - a.ordinal);
  if (preferPrimary || replicas.length === 0) return primary;
  const place = await ask(primary);
  for (const replica of replicas) {
    const member = replica.ordinal;
    try {
      if (await reaches(replica, place)) return replica;
      log("warning", "not copied: it is too far behind", { member, seconds: BEHIND_SECONDS });
    } catch (error) {
      log("warning", "not copied: it does not answer", { member, error: messageOf(error) });
    }
  }
  log("warning", "no replica can be copied, so the primary is", { member: primary.ordinal });
  return primary;
}
