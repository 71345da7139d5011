import { INK, lanesOf, namedRows, type Picture } from "../support/report/pictures/draw";
import { type Variant, VARIANTS } from "./engine";
import { type Loaded, placesOf } from "./results";

/** Neither good nor bad, and with their contrast. */
const PURPLE = "#8250df";
/** Pixels. */
const WIDTH = 560;
const ROW = 64;

/** What each is called beside its shape; that with our settings is the line at 1. */
const NAMES: Partial<Record<Variant, string>> = {
  three: "three members, ours",
  one: "one member, ours",
  bare: "bare server, its defaults",
  group: "three, joined by hand",
};

/** File of an engine's picture, in docs/pictures. */
export function loadPicture(name: string): string {
  return `load-${name}.svg`;
}

/** One variant's share of what the bare server with our settings does, in all rounds. */
interface Mark {
  row: string;
  name: string;
  min: number;
  median: number;
  max: number;
  lane: number;
}

/** A picture of each variant's transactions, beside those of a bare server with our settings. */
export function loadSpec(name: string, { cells, ratios }: Loaded): Picture {
  const rows = placesOf(cells).map((place) => rowOf(place));
  const shown = VARIANTS.filter((variant) => ratios.some(({ of, to }) => of === variant && to === "same"));
  const marks = ratios
    .filter(({ to }) => to === "same")
    .map((one): Mark => ({
      row: rowOf(one),
      name: NAMES[one.of] ?? one.of,
      ...one.ratio,
      lane: shown.length === 1 ? 0 : (2 * shown.indexOf(one.of)) / (shown.length - 1) - 1,
    }));
  const names = shown.map((variant) => NAMES[variant] ?? variant);
  const kind = {
    field: "name",
    type: "nominal" as const,
    scale: { domain: names, range: [INK.good, INK.text, INK.faint, PURPLE].slice(0, names.length) },
    legend: { columns: 2 },
  };
  const yOffset = lanesOf(ROW);
  return {
    title: `${name}: transactions, as a share of a bare server's with our settings`,
    width: WIDTH,
    height: rows.length * ROW,
    encoding: {
      y: namedRows("row", rows),
    },
    layer: [
      {
        data: { values: [{ share: 1 }] },
        mark: { type: "rule", color: INK.faint, strokeDash: [4, 3] },
        encoding: {
          x: { field: "share", type: "quantitative" },
          y: { value: 0 },
          y2: { value: rows.length * ROW },
        },
      },
      {
        data: { values: marks },
        mark: { type: "rule", strokeWidth: 2 },
        encoding: {
          x: {
            field: "min",
            type: "quantitative",
            title: "share; a dot is the median of the rounds, its line their least and most",
            scale: { domainMin: 0 },
          },
          x2: { field: "max" },
          yOffset,
          color: kind,
        },
      },
      {
        data: { values: marks },
        mark: { type: "point", filled: true, opacity: 1, size: 50 },
        encoding: {
          x: { field: "median", type: "quantitative" },
          yOffset,
          color: kind,
          shape: {
            ...kind,
            scale: {
              domain: names,
              range: ["circle", "square", "diamond", "triangle-up"].slice(0, names.length),
            },
          },
        },
      },
    ],
  };
}

function rowOf({ case: name, clients }: { case: string; clients: number }): string {
  return `${name}, ${clients} client${clients === 1 ? "" : "s"}`;
}
