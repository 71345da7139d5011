import type {
  ClusterListing,
  CopyListing,
  LifeListing,
  Listing,
  Verdict,
} from "../../agent/backup/look/request";
import { typed } from "../../render/installation";
import { table } from "../../render/table";
import { ageOf, momentOf, sizeOf } from "../words/spans";

/** Longest position in a table; JSON has it whole. */
const LONGEST_POSITION = 48;

/** What is stored under a database's name, for people. */
export function describeListing(listing: Listing): string {
  const { database, namespace, destination, retentionSeconds, clusters, at } = listing;
  const heading = `${namespace}/${database}: ${destination}, kept for ${ageOf(retentionSeconds * 1000)}`;
  if (clusters.length === 0) return `${heading}\n\nNothing is stored yet.`;
  const runs = ({ cluster }: ClusterListing): boolean => cluster === listing.running;
  // What runs comes first.
  const sorted = [...clusters].sort((a, b) => Number(runs(b)) - Number(runs(a)));
  const parts = sorted.flatMap((cluster) => describeCluster(cluster, runs(cluster), at));
  return [heading, ...parts].join("\n\n");
}

function describeCluster(
  { cluster, lives, unreadable }: ClusterListing,
  runs: boolean,
  at: number,
): string[] {
  const name = `cluster ${cluster}${runs ? ", which runs" : ", which was there before"}`;
  if (unreadable !== undefined) return [`${name}\n  ✗ it cannot be read: ${unreadable}`];
  if (lives.length === 0) return [`${name}\n  nothing is stored of it yet`];
  return lives.map((life, index) => {
    const which =
      lives.length === 1
        ? ""
        : `, life ${life.life}${index === 0 ? "" : ": what was given up by an operator's choice"}`;
    return [`${name}${which}`, describeLife(life, at)].join("\n");
  });
}

function describeLife(life: LifeListing, at: number): string {
  const { windows, gaps, copies, drills, heldUntil, problems, logBytes } = life;
  const restorable = windows.map(
    ({ from, to }) =>
      `  restorable      ${momentOf(from)} to ${momentOf(to)}  (${ageOf(at - from)} … ${ageOf(at - to)} ago)`,
  );
  const drill = drills.at(-1);
  const lines = [
    ...(restorable.length > 0
      ? restorable
      : ["  restorable      nothing: there is no full copy that a log leads on from"]),
    ...gaps.map(({ from, to, why }) => `  not restorable  ${momentOf(from)} to ${momentOf(to)}: ${why}`),
    `  log             ${sizeOf(logBytes)}, before it was compressed`,
    ...(drill
      ? [
          `  last drill      ${momentOf(drill.at)}: ${drill.good ? `good, in ${Math.round(drill.seconds)} s` : `FAILED: ${drill.why ?? ""}`}`,
        ]
      : []),
    ...(heldUntil === undefined
      ? []
      : [
          `  held            nothing is deleted until ${momentOf(heldUntil)}: a database is restored from it`,
        ]),
    ...problems.map((problem) => `  ✗ ${problem}`),
  ];
  if (copies.length === 0) return lines.join("\n");
  return [
    ...lines,
    "",
    table(["COPY", "FINISHED", "TOOK", "SIZE", "FROM", "VERSION", "POSITION"], copies.map(row)),
  ].join("\n");
}

function row({ reference, started, finished, bytes, source, version, position }: CopyListing): string[] {
  const shown = position.length > LONGEST_POSITION ? `${position.slice(0, LONGEST_POSITION - 1)}…` : position;
  return [
    reference.slice(0, 12),
    momentOf(finished),
    ageOf(finished - started),
    sizeOf(bytes),
    /^\d+$/.test(source) ? `member ${source}` : source,
    version,
    shown.replaceAll("\n", ""),
  ];
}

/** What came out of looking through a backup, for people. */
export function describeVerdict(verdict: Verdict): string {
  const { objects, read, copies, losses, problems } = verdict;
  const heading = `${objects} objects of log, ${read} of them read through; ${copies} full copies`;
  const lines = [
    ...losses.map(({ object, why, from, to }) => {
      const until =
        to === undefined ? `the next full copy: make one now (${typed("backup", "now")})` : momentOf(to);
      const cost =
        from === to
          ? "no moment is lost by it"
          : `no moment from ${momentOf(from)} to ${until} can be restored`;
      return `✗ ${object}: ${why}\n  ${cost}`;
    }),
    ...problems.map((problem) => `✗ ${problem}`),
  ];
  return [heading, ...(lines.length > 0 ? lines : ["All is there, and as it was stored."])].join("\n");
}
