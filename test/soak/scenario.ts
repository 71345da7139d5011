import type { Place, SoakFault } from "./fault";
import { Random } from "./random";

/**
 * Whom a fault is aimed at: `main` is the member that is the worst to lose, the scene's `target`, and the others are counted by their
 * ordinals. Who that is, is found out when it strikes: the role moves.
 */
export const aims = ["main", "other-1", "other-2", "same"] as const;
export type Aim = (typeof aims)[number];

/** One fault of a round. */
export interface Strike {
  fault: string;
  /** Of those that are aimed at a member; `same` is the member of the first one. */
  aim?: Aim;
  /** After the first one of the round, s. */
  afterSeconds: number;
}

/** What happens between two moments at which all is well. */
export interface Round {
  strikes: [Strike] | [Strike, Strike];
  /** Work in peace before the first one, s. */
  calmSeconds: number;
}

/** Time between the beginnings of two faults, at most, s. */
const APART_SECONDS = 15;

/**
 * The rounds of a seed, one after the other, without an end. Every fault comes once before one comes again; in every
 * other round a second one, drawn from those that may strike beside it, strikes within seconds.
 *
 * @param list faults, in an order that is part of what the seed stands for
 */
export function* rounds(seed: number, list: readonly SoakFault[], place: Place): Generator<Round> {
  const possible = list.filter((fault) => fault.applies(place) === undefined);
  if (possible.length === 0) throw new Error("no fault can be had here");
  for (let cycle = 0; ; cycle++) {
    const deck = new Random(seed, `cycle ${cycle}`).shuffled(possible);
    for (const [index, fault] of deck.entries()) {
      yield drawn(new Random(seed, `round ${cycle}.${index}`), fault, possible, place);
    }
  }
}

function drawn(random: Random, first: SoakFault, possible: SoakFault[], place: Place): Round {
  const calmSeconds = random.between(3, 10);
  const strike: Strike = { fault: first.name, ...aimOf(random, first, place), afterSeconds: 0 };
  const pairs = possible.flatMap((second) => companions(strike, first, second, place));
  if (random.oneIn(2) || pairs.length === 0) return { strikes: [strike], calmSeconds };
  return {
    strikes: [strike, { ...random.pick(pairs), afterSeconds: random.between(1, APART_SECONDS) }],
    calmSeconds,
  };
}

function aimOf(random: Random, { aimed }: SoakFault, place: Place): { aim?: Aim } {
  if (!aimed) return {};
  // It is the worst member to lose; another one is often lost all the same.
  return { aim: random.oneIn(2) ? "main" : random.pick(memberAims(place)) };
}

/** Aims at which there is a member. */
export function memberAims({ replicas }: Place): Aim[] {
  return (["main", "other-1", "other-2"] as const).slice(0, Math.min(replicas, 3));
}

/** The ways in which a second fault may strike while the first one lasts. */
function companions(
  strike: Strike,
  first: SoakFault,
  second: SoakFault,
  place: Place,
): Omit<Strike, "afterSeconds">[] {
  const others: (Aim | undefined)[] = second.aimed
    ? first.aimed
      ? ["same", ...memberAims(place).filter((aim) => aim !== strike.aim)]
      : memberAims(place)
    : [undefined];
  return others
    .filter((aim) => whyNot(first, second, aim, place) === undefined)
    .map((aim) => ({ fault: second.name, ...(aim === undefined ? {} : { aim }) }));
}

/** Why two faults may not strike in this order, the second one so aimed; nothing if they may. */
export function whyNot(
  first: SoakFault,
  second: SoakFault,
  aim: Aim | undefined,
  place: Place,
): string | undefined {
  if (first.name === second.name) return "it is the same one";
  if (second.orderly) return "nobody changes a database in which something just failed";
  if (first.beginsWithoutApi && !second.beginsWithoutApi)
    return "what goes through the API server strikes before it, or a node, is away";
  if (first.orderly) return undefined;
  const away = awayOf(first, place) + (aim === "same" ? 0 : awayOf(second, place));
  return place.replicas - away > place.replicas / 2 ? undefined : "no majority would be left";
}

function awayOf({ takes }: SoakFault, { replicas }: Place): number {
  return { none: 0, one: 1, all: replicas }[takes];
}
