import type { MeasuredEngine } from "../../engines/engine";
import { faultsOf } from "../../engines/registry";
import { type FaultName, type LossName, lossNames } from "../../faults/names";
import { atMostSeconds, findings } from "../../validate/verdict";
import { isAsDeployed, type Run } from "../results";
import { INK, lanesOf, namedRows, type Picture } from "./draw";

const MET = "run that met all";
const MISSED = "run that missed something";
const BOUND = "longest gap asked for";

/** Area of a dot, in square pixels, and shapes beside which its radius is about 1. */
const SIZE = 30;
const CROSS =
  "M-1.7,-1.1L-1.1,-1.7L0,-.6L1.1,-1.7L1.7,-1.1L.6,0L1.7,1.1L1.1,1.7L0,.6L-1.1,1.7L-1.7,1.1L-.6,0Z";
const BAR = "M-.3,-3.6H.3V3.6H-.3Z";

/** Ends of the scale, s. What is shorter than the first is drawn there. */
const SCALE: [number, number] = [0.1, 200];
/** Pixels. */
const WIDTH = 640;
const ROW = 28;

/** File of an engine's picture, in docs/pictures. */
export function runsPicture({ name }: Pick<MeasuredEngine, "name">): string {
  return `failures-${name}.svg`;
}

/** One mark: a run, or what is asked. */
interface Mark {
  fault: string;
  seconds: number;
  kind: string;
  /** From -1 to 1: where in its row, so that runs that are alike do not hide each other. */
  lane: number;
}

/** A picture of each run of an engine with all its guarantees, by fault, beside what is asked. */
export function runsSpec(engine: MeasuredEngine, all: Run[]): Picture {
  const rows = rowsOf(engine);
  const ofFault = (name: string): Run[] =>
    all.filter((run) => run.engine === engine.name && run.fault === name && isAsDeployed(run));
  const marks = rows.flatMap((fault): Mark[] => {
    const asked = engine.asked[fault] ?? {};
    const runs = ofFault(fault);
    const dots = runs.map((run, index) => ({
      fault,
      seconds: Math.max(run.writeGapSeconds, SCALE[0]),
      kind: findings(run, asked).length === 0 ? MET : MISSED,
      lane: runs.length === 1 ? 0 : (2 * index) / (runs.length - 1) - 1,
    }));
    if (asked.writeGapSeconds === undefined) return dots;
    return [...dots, { fault, seconds: atMostSeconds(asked), kind: BOUND, lane: 0 }];
  });
  const unmeasured = rows.filter((fault) => ofFault(fault).length === 0).map((fault) => ({ fault }));
  const kinds = [MET, MISSED, BOUND];
  return {
    title: `${engine.name}: the write gap of each run`,
    width: WIDTH,
    height: rows.length * ROW,
    encoding: {
      y: namedRows("fault", rows),
    },
    layer: [
      {
        data: { values: marks },
        mark: { type: "point", filled: true, opacity: 1, size: SIZE },
        encoding: {
          x: {
            field: "seconds",
            type: "quantitative",
            title: "seconds, on a logarithmic scale",
            scale: { type: "log", domain: SCALE },
            axis: { values: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200], format: "~g" },
          },
          yOffset: lanesOf(ROW),
          shape: {
            field: "kind",
            type: "nominal",
            scale: { domain: kinds, range: ["circle", CROSS, BAR] },
            legend: { symbolSize: SIZE },
          },
          color: {
            field: "kind",
            type: "nominal",
            scale: { domain: kinds, range: [INK.good, INK.bad, INK.text] },
          },
        },
      },
      {
        data: { values: unmeasured },
        mark: { type: "text", text: "not measured", align: "left", x: 8, color: INK.faint },
      },
    ],
  };
}

/** The faults that an engine has a line for in the matrix, in its order. */
function rowsOf(engine: MeasuredEngine): (FaultName | LossName)[] {
  return [...faultsOf(engine), ...lossNames.filter((name) => engine.asked[name] !== undefined)];
}
