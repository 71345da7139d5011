/**
 * How many bytes of the log the primary has written that a member has not, from the positions of both. They are
 * `TIMELINE/BYTES`.
 *
 * @returns nothing when the two are on different timelines, whose bytes do not compare
 */
export function bytesBehind(own: string, primary: string): number | undefined {
  const [here, there] = [own, primary].map((position) => position.split("/"));
  if (here?.[0] !== there?.[0]) return undefined;
  return Math.max(0, Number(there?.[1]) - Number(here?.[1]));
}
