import type { Place, SoakFault } from "./fault";

/** What an owner does to a database on an ordinary day. */
const ordinary = {
  orderly: true,
  aimed: false,
  strikesSide: false,
  beginsWithoutApi: false,
  holdSeconds: 0,
  applies: (): string | undefined => undefined,
};

/** By how much a volume grows, Mi. */
const GROWTH = 256;
/** How many members a database has while it is larger. */
const LARGER = 5;
/** With fewer, a majority of the larger set is more than there were. */
const LEAST = 3;

export const changes: readonly SoakFault[] = [
  {
    ...ordinary,
    name: "volume-growth",
    what: `every volume grows by ${GROWTH} MiB`,
    takes: "none",
    applies: ({ volumesGrow }: Place) => (volumesGrow ? undefined : "volumes of this class do not grow"),
    start: async ({ database }) => database.change({ storage: grown(String(database.args["storage"])) }),
  },
  {
    ...ordinary,
    name: "password-rotation",
    what: "the application's password is changed; the one before stays valid",
    takes: "none",
    start: async ({ database }) => {
      const before = Number(database.args["passwordRotation"] ?? 1);
      await database.change({ passwordRotation: String(before + 1) });
    },
  },
  {
    ...ordinary,
    name: "scaling",
    what: `two members more, and after 90 s two members fewer`,
    takes: "one",
    holdSeconds: 90,
    applies: ({ replicas }: Place) =>
      replicas >= LEAST && replicas < LARGER ? undefined : `it goes from ${LEAST} members to ${LARGER}`,
    start: async ({ database }) => database.change({ replicas: LARGER }),
    heal: async ({ database }) => database.change({ replicas: LEAST }),
  },
];

/** The next size of a volume. @param size in Gi or Mi, as the stack file has it */
export function grown(size: string): string {
  const [, number, unit] = /^(\d+)(Gi|Mi)$/.exec(size) ?? [];
  if (number === undefined) throw new Error(`a volume of ${size} cannot grow by so many MiB`);
  return `${Number(number) * (unit === "Gi" ? 1024 : 1) + GROWTH}Mi`;
}
