/** What a database's settings promise, in plain words: for the preview, the rendered table and the docs. */
export interface Guarantees {
  /** What it survives without losing an acknowledged write. */
  survives: string[];
  /** What can be lost, and by what. */
  canBeLost: string[];
}

/** How many of a cluster's members are more than half of them. */
export function majorityOf(members: number): number {
  return Math.floor(members / 2) + 1;
}

/** Guarantees of a cluster whose commits wait for a majority. */
export function guaranteesOfCluster(
  replicas: number,
  { alsoSurvives = [], canBeLost }: { alsoSurvives?: string[]; canBeLost: string[] },
): Guarantees {
  const spared = replicas - majorityOf(replicas);
  const members =
    spared === 1 ? "any one member, with its volume" : `any ${spared} members, with their volumes`;
  return {
    survives: [
      ...(spared === 0 ? [] : [`the loss of ${members}: another takes over, with every acknowledged write`]),
      ...alsoSurvives,
      "a rolling update, a drain: the primary is handed over first",
    ],
    canBeLost,
  };
}

/** What a cluster does whose commits wait for a majority that is not there. */
export function stopsWithoutMajority(replicas: number): string {
  return `no write is taken while fewer than ${majorityOf(replicas)} of ${replicas} members are there`;
}

/**
 * Guarantees of a single server.
 *
 * @param durable whether a commit is on disk before it is acknowledged
 */
export function guaranteesOfOne(durable: boolean): Guarantees {
  return {
    survives: [
      durable
        ? "a deleted pod, a killed server, a node's restart: back on its volume with every acknowledged write"
        : "a deleted pod: back on its volume with every acknowledged write",
    ],
    canBeLost: [
      ...(durable
        ? []
        : [
            "the last second of acknowledged writes when the server or node dies (settings relax the commit)",
          ]),
      "everything since the last backup, with the volume: there is one copy",
      "no write is lost, but none is taken, while the pod is away",
    ],
  };
}
