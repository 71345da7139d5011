import { isServingRole, WRITING_ROLES } from "../../../../../components/protocol/topology";
import { BUCKET_MS, type Change, type Lead, type Shown, type Timeline } from "../timeline/timeline";
import { INK, type Picture } from "./draw";

/** Pixels. */
const WIDTH = 760;
const WRITES_HEIGHT = 150;
const ROW = 28;
/** Of a small letter, and what a text needs beside it. */
const LETTER = 6.5;
const MARGIN = 10;
/** More bars than that are no finer to the eye. */
const MOST_BARS = 200;

/** What is drawn of it, by what it says: who takes writes is thick and dark, who only serves thin and light, who does not is grey. */
const KINDS = {
  writes: { fill: INK.good, text: "#ffffff", height: 22 },
  serves: { fill: "#b6dcff", text: INK.text, height: 16 },
  waits: { fill: "#e3e7eb", text: INK.text, height: 16 },
  route: { fill: "#fff8c5", text: INK.text, height: 16 },
} as const;
type Kind = keyof typeof KINDS;

const WRITING: readonly string[] = WRITING_ROLES;

/** File of its picture, in docs/pictures. */
export function timelinePicture({ engine, fault }: Pick<Timeline, "engine" | "fault">): string {
  return `timeline-${engine}-${fault}.svg`;
}

/** Something that was so for a while. */
interface Bar {
  row: string;
  from: number;
  to: number;
  kind: Kind;
  words: string;
}

/** A picture of one run: writes, members and routes on one axis of time. */
export function timelineSpec(timeline: Timeline): Picture {
  const { engine, fault, from, to } = timeline;
  const bars = [...memberBars(timeline), ...routeBars(timeline)];
  const rows = [
    ...timeline.members.map((_, ordinal) => memberRow(ordinal)),
    ...timeline.routes.map(({ suffix }) => routeRow(suffix)),
  ];
  const x = { type: "quantitative", scale: { domain: [from, to], nice: false } } as const;
  const y = { field: "row", type: "nominal", sort: null, title: null, scale: { domain: rows } } as const;
  // Without rows of its own it crosses them all.
  const faultAt = {
    data: { values: [{ at: 0 }] },
    mark: { type: "rule", color: INK.bad, strokeDash: [4, 3], strokeWidth: 1.5 },
    encoding: { x: { ...x, field: "at" } },
  } as const;
  return {
    title: `${engine}, ${fault}: the course of one run, writes by ${(stepOf(timeline) * BUCKET_MS) / 1000} s`,
    spacing: 8,
    vconcat: [
      { width: WIDTH, height: WRITES_HEIGHT, layer: [...writesLayers(timeline, x), faultAt] },
      {
        width: WIDTH,
        height: rows.length * ROW,
        layer: [
          ...Object.entries(KINDS).map(([kind, { fill, height }]) => ({
            data: { values: bars.filter((bar) => bar.kind === kind) },
            mark: { type: "bar", color: fill, height, stroke: INK.faint, strokeWidth: 0.5 } as const,
            encoding: {
              x: { ...x, field: "from", title: `seconds since the fault (${fault})` },
              x2: { field: "to" },
              y,
            },
          })),
          ...Object.entries(KINDS).map(([kind, { text }]) => ({
            data: { values: bars.filter((bar) => bar.kind === kind).map((bar) => fitted(bar, to - from)) },
            mark: { type: "text", align: "left", dx: 5, color: text } as const,
            encoding: { x: { ...x, field: "from" }, y, text: { field: "words" } },
          })),
          faultAt,
        ],
      },
    ],
  } as Picture;
}

/** How many recorded counts a bar is the sum of. */
function stepOf({ from, to }: Pick<Timeline, "from" | "to">): number {
  return Math.ceil(((to - from) * 1000) / BUCKET_MS / MOST_BARS);
}

/** Acknowledged writes upwards, and those that were not downwards. */
function writesLayers({ writes, from, to }: Timeline, x: object): object[] {
  const step = stepOf({ from, to });
  const seconds = (step * BUCKET_MS) / 1000;
  const counts = new Map<number, [number, number]>();
  for (const [bucket, acknowledged, failed] of writes) {
    const bar = Math.floor(bucket / step);
    const [a, f] = counts.get(bar) ?? [0, 0];
    counts.set(bar, [a + acknowledged, f + failed]);
  }
  const values = [...counts].flatMap(([bar, [acknowledged, failed]]) =>
    [
      { outcome: "acknowledged", count: acknowledged },
      { outcome: "failed", count: -failed },
    ]
      .filter(({ count }) => count !== 0)
      .map((one) => ({
        ...one,
        at: Math.max(from, bar * seconds),
        until: Math.min(to, (bar + 1) * seconds),
      })),
  );
  const most = Math.max(1, ...values.map(({ count }) => Math.abs(count)));
  return [
    {
      data: { values },
      mark: { type: "bar" },
      encoding: {
        x: { ...x, field: "at", axis: { labels: false, title: null } },
        x2: { field: "until" },
        y: {
          field: "count",
          type: "quantitative",
          // From below: it is turned as the axis is.
          title: "failed | acknowledged",
          scale: { domain: [-most, most] },
          axis: { labelExpr: "abs(datum.value)", tickCount: 4 },
        },
        y2: { datum: 0 },
        color: {
          field: "outcome",
          type: "nominal",
          legend: null,
          scale: { domain: ["acknowledged", "failed"], range: [INK.good, INK.bad] },
        },
      },
    },
  ];
}

function memberBars({ members, to }: Timeline): Bar[] {
  return members.flatMap((changes, ordinal) =>
    spans(changes, to).flatMap(({ role, reason, ...span }): Bar[] => {
      if (role === undefined) return [];
      const kind = WRITING.includes(role) ? "writes" : isServingRole(role) ? "serves" : "waits";
      return [{ ...span, row: memberRow(ordinal), kind, words: shownWords({ role, reason }) }];
    }),
  );
}

function routeBars({ routes, to }: Timeline): Bar[] {
  return routes.flatMap(({ suffix, changes }) =>
    spans(changes, to).flatMap(({ leadsTo, ...span }): Bar[] =>
      leadsTo.length === 0
        ? []
        : [{ ...span, row: routeRow(suffix), kind: "route", words: leadWords({ leadsTo }) }],
    ),
  );
}

/** Each change with its end, which is the next one's beginning. */
function spans<T>(
  changes: Change<T>[],
  to: number,
): (Omit<Change<T>, "at"> & { from: number; to: number })[] {
  return changes.map(({ at, ...what }, index) => ({ ...what, from: at, to: changes[index + 1]?.at ?? to }));
}

/** A bar with its words, as many of them as it has room for: all, the last, or none. */
function fitted(bar: Bar, seconds: number): Bar {
  const room = (((bar.to - bar.from) / seconds) * WIDTH - MARGIN) / LETTER;
  const words = [bar.words, bar.words.split(": ").at(-1) ?? ""].find(({ length }) => length <= room);
  return { ...bar, words: words ?? "" };
}

/** The course in words, a line for each member and each route: what is too short to be labelled stands there as well. */
export function courseWords({ members, routes }: Timeline): string[] {
  const line = (row: string, changes: [number, string][]): string =>
    `${row}: ${changes.map(([at, words], index) => (index === 0 ? words : `from ${at.toFixed(1)} s on ${words}`)).join("; ")}`;
  return [
    ...members.map((changes, ordinal) =>
      line(
        memberRow(ordinal),
        changes.map((shown) => [shown.at, shownWords(shown)]),
      ),
    ),
    ...routes.map(({ suffix, changes }) =>
      line(
        routeRow(suffix),
        changes.map((lead) => [lead.at, leadWords(lead)]),
      ),
    ),
  ];
}

function memberRow(ordinal: number): string {
  return `member ${ordinal}`;
}

function routeRow(suffix: string): string {
  return `NAME${suffix} leads to`;
}

function shownWords({ role, reason }: Shown): string {
  if (role === undefined) return "no pod";
  const words = [
    isServingRole(role) ? [role] : [],
    reason === undefined || reason === "Serving" ? [] : [reason],
  ];
  return words.flat().join(": ") || role;
}

function leadWords({ leadsTo }: Lead): string {
  if (leadsTo.length === 0) return "nobody";
  return leadsTo.map((ordinal) => (ordinal < 0 ? "a stranger" : String(ordinal))).join(", ");
}
