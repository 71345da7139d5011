import type { parse } from "vega" with { "resolution-mode": "import" };
import type { TopLevelSpec } from "vega-lite" with { "resolution-mode": "import" };

/** A picture's description: data and what is drawn of it. */
export type Picture = TopLevelSpec;

/** On the pictures' own white ground, text has a contrast of 4.5 to 1 at least, and what is drawn one of 3 to 1. */
export const INK = {
  text: "#1f2328",
  faint: "#57606a",
  grid: "#d8dee4",
  good: "#0969da",
  bad: "#cf222e",
} as const;

/** A line of the picture for each of some names, in their order. `field` is where a mark's name stands. */
export function namedRows<Field extends string>(field: Field, names: readonly string[]) {
  return {
    field,
    type: "nominal" as const,
    sort: null,
    title: null,
    scale: { domain: [...names], padding: 0 },
    axis: { grid: true, tickBand: "extent" as const, ticks: false },
  };
}

/** Where a mark stands across its line, whose height is in pixels: `lane` from -1 to 1, half a dot's height from both ends. */
export function lanesOf(height: number) {
  return {
    field: "lane",
    type: "quantitative" as const,
    scale: { domain: [-1, 1], range: [height * 0.2, height * 0.8] },
  };
}

const FONT = "system-ui, sans-serif";

const CONFIG: Picture["config"] = {
  font: FONT,
  // Each mark's own description would be most of the file: the page says in words what a picture shows.
  aria: false,
  view: { stroke: INK.grid },
  axis: {
    labelColor: INK.text,
    titleColor: INK.text,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    gridColor: INK.grid,
    domainColor: INK.faint,
    tickColor: INK.faint,
    labelLimit: 260,
  },
  legend: { labelColor: INK.text, labelFontSize: 12, labelLimit: 320, title: null, orient: "top" },
  title: { color: INK.text, fontSize: 15, fontWeight: 600, anchor: "start", offset: 12 },
  text: { color: INK.text, fontSize: 11 },
};

type Compile = (spec: Picture) => Parameters<typeof parse>[0];

let compiler: Promise<Compile> | undefined;

/** vega-lite gives every Set of the process a `toJSON`: here it has that while it compiles, and nobody else's Sets do. */
async function loadCompiler(): Promise<Compile> {
  const { compile } = await import("vega-lite");
  const own = Object.getOwnPropertyDescriptor(Set.prototype, "toJSON");
  Reflect.deleteProperty(Set.prototype, "toJSON");
  return (spec) => {
    if (own !== undefined) Object.defineProperty(Set.prototype, "toJSON", own);
    try {
      return compile(spec).spec;
    } finally {
      Reflect.deleteProperty(Set.prototype, "toJSON");
    }
  };
}

/** Draws a picture as SVG: the same bytes for the same description, whatever page it is shown on. */
export async function draw(spec: Picture): Promise<string> {
  compiler ??= loadCompiler();
  // ES modules alone.
  const [compile, { parse, View }] = await Promise.all([compiler, import("vega")]);
  const view = new View(parse(compile({ background: "white", padding: 16, ...spec, config: CONFIG })), {
    renderer: "none",
  });
  try {
    return `${rounded(await view.toSVG())}\n`;
  } finally {
    view.finalize();
  }
}

/** Hundredths of a pixel: nobody sees more, and the last digits of a logarithm are a processor's own affair. */
function rounded(svg: string): string {
  return svg.replace(/-?\d+\.\d{3,}(e-\d+)?/g, (number) => String(Number(Number(number).toFixed(2))));
}
