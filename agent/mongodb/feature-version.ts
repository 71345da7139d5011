import type { Clock } from "../core/clock";
import type { Ordinal } from "../core/types";
import type { Commands } from "./connection";
import { type Document, documentIn, textIn } from "./wire";

/** Between two looks, ms: an upgrade takes minutes anyway. */
const LOOK_EVERY = 15_000;

/** How long the server may take to change its files to a newer version's, ms. */
const CHANGED_WITHIN = 60_000;

/** What the data's version is kept with. */
export interface FeatureVersionParts {
  server: Commands;
  /** Sends a command to another member's server. */
  ask: (ordinal: Ordinal, command: Document) => Promise<Document>;
  /** Whether an operator wants the data to stay readable by the version before. */
  isHeld: () => Promise<boolean>;
  clock: Clock;
}

/**
 * Lets the data have what a newer version of the server brings, when every member runs it: one of the version before could not read it any
 * more. Never the other way. https://www.mongodb.com/docs/manual/reference/command/setFeatureCompatibilityVersion/
 */
export class FeatureVersion {
  private lookedAt = -Infinity;

  constructor(private readonly parts: FeatureVersionParts) {}

  /** On the primary. @param others - all other members of the configuration */
  async reconcile(others: readonly Ordinal[]): Promise<void> {
    const { server, ask, isHeld, clock } = this.parts;
    if (clock() - this.lookedAt < LOOK_EVERY) return;
    this.lookedAt = clock();
    const own = seriesOf(await server.run({ buildInfo: 1 }));
    const parameter = await server.run({ getParameter: 1, featureCompatibilityVersion: 1 });
    const present = textIn(documentIn(parameter, "featureCompatibilityVersion"), "version");
    if (own === undefined || present === undefined || !isOlder(present, own) || (await isHeld())) return;
    const versions = await Promise.all(
      others.map(async (ordinal) => seriesOf(await ask(ordinal, { buildInfo: 1 }))),
    );
    if (versions.some((version) => version !== own)) return;
    await server.run(
      { setFeatureCompatibilityVersion: own, confirm: true, writeConcern: { w: "majority" } },
      CHANGED_WITHIN,
    );
  }
}

/** `8.0` of `8.0.4`. */
function seriesOf(buildInfo: Document): string | undefined {
  return /^\d+\.\d+/.exec(textIn(buildInfo, "version") ?? "")?.[0];
}

function isOlder(one: string, other: string): boolean {
  const [[a = 0, b = 0], [c = 0, d = 0]] = [one, other].map((text) => text.split(".").map(Number)) as [
    number[],
    number[],
  ];
  return a < c || (a === c && b < d);
}
