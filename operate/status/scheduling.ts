/** What the scheduler says of nodes that it passed over → what that means. The first that fits counts. */
const MEANINGS: [RegExp, string][] = [
  [/^Insufficient (\S+)/, "too little free $1"],
  [/^Too many pods/, "as many pods as they may have"],
  [/didn't match PersistentVolume's node affinity|volume node affinity conflict/, "not where its volume is"],
  [/didn't find available persistent volumes to bind/, "no volume for its claim"],
  [/were unschedulable/, "cordoned"],
  [/taint \{node\.kubernetes\.io\/(?:unreachable|not-ready)/, "not reachable, or not ready"],
  [/taint \{([^:}]+)/, "the taint $1, which it does not tolerate"],
  [/didn't match pod anti-affinity/, "a replica of the same database already"],
  [/didn't match Pod's node affinity\/selector/, "not those that its affinity and zones allow"],
  [/topology spread/, "in a zone that has its share already"],
  [/max volume count/, "as many volumes attached as they may have"],
];

/**
 * The scheduler's message in plain words: why each group of nodes cannot take a pod.
 *
 * @param message e.g. `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: …`
 */
export function whyNoNode(message: string): string {
  const list = /nodes are available: (.*?)(?:\. |\.$|$)/s.exec(message)?.[1];
  if (list === undefined) return message;
  return list
    .split(/, (?=\d+ )/)
    .map((part) => {
      const [, count = "", said = part] = /^(\d+) (?:node\(s\) )?(.*)$/s.exec(part) ?? [];
      for (const [pattern, meaning] of MEANINGS) {
        const match = pattern.exec(said);
        if (match)
          return `${count} nodes: ${meaning.replace("$1", match[1] ?? "")}`.replace(/^1 nodes/, "1 node");
      }
      return part;
    })
    .join("; ");
}
