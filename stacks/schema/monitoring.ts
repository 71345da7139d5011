import { z } from "zod";
import type {
  DashboardsArgs,
  ExporterArgs,
  MonitoringArgs,
  PodMonitorArgs,
  PrometheusRuleArgs,
} from "../../components/monitoring/args";
import { alsoAs, client, keys, numberOrText, type ShapeOf, text, textMap } from "./parts";

/** Lets `true` and `false` stand for a block without more keys. */
function asked<Schema extends z.ZodType>(schema: Schema) {
  const turn = (value: unknown): unknown => (typeof value === "boolean" ? { enabled: value } : value);
  return alsoAs({ type: "boolean" }, turn, schema);
}

/** An exporter's keys that are the same for every engine. */
const exporterShape = {
  enabled: z.boolean().optional(),
  cpu: numberOrText.optional(),
  memory: text.optional(),
} satisfies ShapeOf<Omit<ExporterArgs, "image">>;

/** What a database can say of its figures. */
export const monitoringShape = {
  annotations: z.boolean().optional(),
  scrapers: z.array(client).optional(),
  exporter: asked(
    keys({ ...exporterShape, image: text.optional() } satisfies ShapeOf<ExporterArgs>),
  ).optional(),
} satisfies ShapeOf<MonitoringArgs>;

/** What a stack can say: the same for all its databases, and what Prometheus is told of them. */
export const monitoring = keys({
  ...monitoringShape,
  // Without an image: each engine has one of its own.
  exporter: asked(keys(exporterShape)).optional(),
  podMonitor: asked(
    keys({
      enabled: z.boolean().optional(),
      interval: text.optional(),
      labels: textMap.optional(),
    } satisfies ShapeOf<PodMonitorArgs>),
  ).optional(),
  prometheusRule: asked(
    keys({
      enabled: z.boolean().optional(),
      labels: textMap.optional(),
      runbookUrl: text.optional(),
    } satisfies ShapeOf<PrometheusRuleArgs>),
  ).optional(),
  dashboards: asked(
    keys({
      enabled: z.boolean().optional(),
      labels: textMap.optional(),
    } satisfies ShapeOf<DashboardsArgs>),
  ).optional(),
});
