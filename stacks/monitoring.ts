import * as pulumi from "@pulumi/pulumi";
import { wantsExporter } from "../components/database/exporter";
import type { MonitoringArgs } from "../components/monitoring/args";
import { checkPrometheusObjects } from "../components/monitoring/checks";
import { PrometheusObjects } from "../components/monitoring/prometheus-objects";
import type { Problems } from "../components/common/problems";
import type { Cluster } from "./cluster";
import { engineOf } from "./engines";
import { ownLabel } from "./stack-label";
import type { DatabaseConfig, StackMonitoring } from "./types";

/**
 * How a database's figures are reached: each key that it says for itself goes before the stack's.
 *
 * @param hasExporter whether its engine has an exporter: what a stack says of all of them is not said to one without
 */
export function monitoringOf(
  { annotations, scrapers, exporter: all }: StackMonitoring,
  own: MonitoringArgs | undefined,
  hasExporter: boolean,
): MonitoringArgs | undefined {
  const { exporter: chosen, ...rest } = own ?? {};
  const exporter =
    chosen === undefined ? (hasExporter ? all : undefined) : { ...all, enabled: true, ...chosen };
  const shared = Object.fromEntries(
    Object.entries({ annotations, scrapers }).filter(([, value]) => value !== undefined),
  );
  const merged = { ...shared, ...rest, ...(exporter ? { exporter } : {}) };
  return own === undefined && Object.keys(merged).length === 0 ? undefined : merged;
}

/** Finds what is wrong with what a stack says of figures for all of its databases. */
export function checkStackMonitoring(
  monitoring: StackMonitoring,
  databases: readonly DatabaseConfig[],
  problems: Problems,
): void {
  checkPrometheusObjects(monitoring, problems);
  checkForAnyExporter(monitoring, databases, problems);
  const { podMonitor } = monitoring;
  if (podMonitor === undefined || podMonitor.enabled === false) return;
  const closed = databases.filter(({ args }) => args.monitoring?.scrapers === undefined);
  if (closed.length === 0) return;
  problems.add("scrapers", {
    allowed:
      "with podMonitor, who may ask: the databases' NetworkPolicies admit nobody else, and each alert of a database without figures would fire",
    fix: "name Prometheus, for instance `scrapers: [{ namespace: monitoring }]`; `scrapers: []` if your cluster enforces no policies",
  });
}

/** What else is wrong with exporters is wrong with each database's own, and told there. */
function checkForAnyExporter(
  { exporter }: StackMonitoring,
  databases: readonly DatabaseConfig[],
  problems: Problems,
): void {
  if (!wantsExporter(exporter) || databases.length === 0) return;
  if (databases.some(({ engine }) => engineOf(engine).exporter !== undefined)) return;
  const engines = [...new Set(databases.map(({ engine }) => engine))];
  problems.add("exporter", {
    allowed: `only with an engine that has a usual exporter: none of the stack's has (${engines.join(", ")})`,
    fix: "remove it: the agents' own figures are there all the same",
  });
}

/** What Prometheus and Grafana are told of the stack's databases, where it is to be told anything. */
export function stackMonitoring(
  monitoring: StackMonitoring,
  databases: readonly DatabaseConfig[],
  namespace: pulumi.Input<string>,
  { provider }: Cluster,
): void {
  const { podMonitor, prometheusRule, dashboards } = monitoring;
  sayWithoutExporter(monitoring, databases);
  if (podMonitor === undefined && prometheusRule === undefined && dashboards === undefined) return;
  new PrometheusObjects(
    "databases-monitoring",
    {
      namespace,
      databases: databases.map(({ name, args: { replicas, paused, monitoring: figures } }) => ({
        name,
        replicas,
        ...(paused === true ? { paused } : {}),
        ...(wantsExporter(figures?.exporter) ? { exporter: true } : {}),
      })),
      ...(podMonitor ? { podMonitor } : {}),
      ...(prometheusRule ? { prometheusRule } : {}),
      ...(dashboards ? { dashboards } : {}),
      labels: ownLabel(),
    },
    { provider },
  );
}

/** Nobody is to look for figures that there are not. */
function sayWithoutExporter(monitoring: StackMonitoring, databases: readonly DatabaseConfig[]): void {
  if (!wantsExporter(monitoring.exporter)) return;
  const without = databases.filter(({ engine }) => engineOf(engine).exporter === undefined);
  if (without.length === 0) return;
  const names = without.map(({ name, engine }) => `${name} (${engine})`).join(", ");
  void pulumi.log.info(
    `stateful:monitoring.exporter: ${names} has none: there is no usual exporter of that engine that runs beside the server. ` +
      "The agents' own figures are there all the same.",
  );
}
