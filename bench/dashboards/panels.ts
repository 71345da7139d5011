/* eslint-disable @typescript-eslint/no-deprecated -- Grafana provisions files of the classic model; the second one is for its API of version 12 */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
  type Dashboard,
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatPanel } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StatesPanel } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as LinesPanel } from "@grafana/grafana-foundation-sdk/timeseries";

/** Whom a viewer chooses as the Prometheus that is asked. */
const SOURCE = { type: "prometheus", uid: "${source}" };

/** What is asked, and what each answer is called: `{{pod}}`. */
export interface Query {
  expression: string;
  called: string;
}

/** Something to look at. */
export interface PanelSpec {
  title: string;
  /** What it says, and what is to be seen when something is wrong. */
  description: string;
  queries: Query[];
  /** Of Grafana: `bytes`, `percentunit`, `s`. @default a plain number */
  unit?: string;
  /** Of the 24 that a row has. @default 8 */
  width?: number;
}

/** One number for each answer, as it is now. */
export function numbers(spec: PanelSpec): StatPanel {
  return described(new StatPanel(), spec, (query) => query.instant());
}

/** A line over time for each answer. */
export function lines(spec: PanelSpec): LinesPanel {
  return described(new LinesPanel().min(0).fillOpacity(10), spec, (query) => query.range());
}

/** A bar over time for each answer, one colour for each value. */
export function states(spec: PanelSpec): StatesPanel {
  return described(new StatesPanel(), spec, (query) => query.range());
}

/** What the builders of panels have in common. */
interface Panel<Self> {
  title(title: string): Self;
  description(text: string): Self;
  datasource(source: typeof SOURCE): Self;
  span(width: number): Self;
  height(height: number): Self;
  unit(unit: string): Self;
  withTarget(target: Builder<Dataquery>): Self;
}

function described<Self extends Panel<Self>>(
  panel: Self,
  { title, description, queries, unit, width = 8 }: PanelSpec,
  kind: (query: DataqueryBuilder) => DataqueryBuilder,
): Self {
  const plain = panel.title(title).description(description).datasource(SOURCE).span(width).height(7);
  const measured = unit === undefined ? plain : plain.unit(unit);
  return queries.reduce(
    (made, { expression, called }, index) =>
      made.withTarget(
        kind(new DataqueryBuilder())
          .expr(expression)
          .legendFormat(called)
          .refId(String.fromCharCode("A".charCodeAt(0) + index)),
      ),
    measured,
  );
}

/** What a viewer chooses, of a figure's label, by what was chosen before. */
export interface Choice {
  label: string;
  figure: string;
  several: boolean;
}

/** A dashboard whose viewers choose a Prometheus first. */
export function dashboard(uid: string, title: string, choices: Choice[]): DashboardBuilder {
  const empty = new DashboardBuilder(title)
    .uid(uid)
    .tags(["stateful"])
    .refresh("30s")
    .time({ from: "now-3h", to: "now" })
    .timezone("browser")
    .withVariable(new DatasourceVariableBuilder("source").label("Prometheus").type("prometheus"));
  return choices.reduce(
    (made, { label, figure, several }) =>
      made.withVariable(
        new QueryVariableBuilder(label)
          .label(label)
          .datasource(SOURCE)
          .query(`label_values(${figure}, ${label})`)
          .refresh(VariableRefresh.OnTimeRangeChanged)
          .multi(several)
          .includeAll(several),
      ),
    empty,
  );
}

export type { Dashboard };
