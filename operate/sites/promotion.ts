import { FENCED, FOLLOWS, PROMOTE } from "../../components/protocol/annotations";
import { ACCEPT_LOSS } from "../../components/protocol/follow";
import { RefusedError } from "../deploy/refused-error";
import type { MarkedDatabase } from "./marked-database";

/** How long the source may take to let nobody write, and the copy to have what it has, ms. */
const FENCED_WITHIN = 60_000;
const CAUGHT_UP_WITHIN = 60_000;

/** What a promotion works with. */
export interface PromotionSpec {
  /** The database that follows. */
  copy: MarkedDatabase;
  /** What it follows, where that is a database of the same cluster. */
  source: MarkedDatabase | undefined;
  /** What the copy lacks may be lost. */
  acceptLoss: boolean;
  tell: (line: string) => void;
  clock: () => number;
  pause: (ms: number) => Promise<void>;
}

/**
 * Promotes a database that follows another one: its source is fenced, the copy waits until it has all of what the source has, and only
 * then is promoted. Every step may be cut off and begun again; what does not come about is taken back, so that the source goes on.
 *
 * @throws RefusedError where nothing is promoted
 */
export async function promote(spec: PromotionSpec): Promise<void> {
  const { copy, source, acceptLoss, tell } = spec;
  const follows = (await copy.words())?.[FOLLOWS];
  if (follows === "promoted") {
    tell(`${copy.called} was promoted before.`);
    return;
  }
  if (follows !== "source")
    throw new RefusedError(`${copy.called} follows nobody: there is nothing to promote.`);
  const fenced = source && (await fence(spec, source));
  if (fenced === undefined && !acceptLoss) {
    await source?.say(FENCED, undefined);
    throw new RefusedError(notFenced(copy, source));
  }
  await copy.say(PROMOTE, fenced ?? ACCEPT_LOSS);
  if (await isPromoted(spec)) return;
  if (fenced !== undefined && acceptLoss) {
    tell(`${copy.called} has not got all of what its source has: it is promoted with what it has.`);
    await copy.say(PROMOTE, ACCEPT_LOSS);
    if (await isPromoted(spec)) return;
  }
  await copy.say(PROMOTE, undefined);
  // It may have been promoted at that moment.
  if ((await copy.words())?.[FOLLOWS] === "promoted") return;
  await source?.say(FENCED, undefined);
  throw new RefusedError(
    `${copy.called} has not got all of what its source has within ${CAUGHT_UP_WITHIN / 1000} s: nothing was promoted, and its source takes ` +
      "writes again. Look at its status; with --accept-loss it is promoted with what it has.",
  );
}

/** @returns the position of all that was ever acknowledged; `undefined` where the source did not come to it */
async function fence(
  { copy, tell, clock, pause }: PromotionSpec,
  source: MarkedDatabase,
): Promise<string | undefined> {
  const why = `for the promotion of ${copy.called}`;
  await source.say(FENCED, why);
  const end = clock() + FENCED_WITHIN;
  while (clock() < end) {
    const status = (await source.leader())?.status;
    if (status?.fenced === why && status.position !== undefined) {
      tell(`${source.called}: nobody can write to it any more`);
      return status.position;
    }
    await pause(500);
  }
  return undefined;
}

async function isPromoted({ copy, clock, pause }: PromotionSpec): Promise<boolean> {
  const end = clock() + CAUGHT_UP_WITHIN;
  while (clock() < end) {
    if ((await copy.words())?.[FOLLOWS] === "promoted") return true;
    await pause(500);
  }
  return false;
}

function notFenced(copy: MarkedDatabase, source: MarkedDatabase | undefined): string {
  const how =
    `Stop it, or see to it that nobody can write to it. Then promote with --accept-loss: ${copy.called} keeps what it has. Where both ` +
    "take writes, they grow apart, and nothing brings them together again.";
  return source === undefined
    ? `The source of ${copy.called} is no database of this cluster, so that it cannot be fenced from here. ${how}`
    : `${source.called} did not come to let nobody write within ${FENCED_WITHIN / 1000} s, and was let go on. Bring it back; or, where it is ` +
        `gone for good: ${how}`;
}
