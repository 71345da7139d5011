import type * as pulumi from "@pulumi/pulumi";
import type { MonitoringArgs } from "../components/monitoring/args";
import { checkPrometheusObjects } from "../components/monitoring/checks";
import { PrometheusObjects } from "../components/monitoring/prometheus-objects";
import type { Problems } from "../components/common/problems";
import type { Cluster } from "./cluster";
import { ownLabel } from "./stack-label";
import type { DatabaseConfig, StackMonitoring } from "./types";

/** How a database's figures are reached: each key that it says for itself goes before the stack's. */
export function monitoringOf(
  { annotations, scrapers }: StackMonitoring,
  own: MonitoringArgs | undefined,
): MonitoringArgs | undefined {
  const shared = Object.fromEntries(
    Object.entries({ annotations, scrapers }).filter(([, value]) => value !== undefined),
  );
  return own === undefined && Object.keys(shared).length === 0 ? undefined : { ...shared, ...own };
}

/** Finds what is wrong with what a stack says of figures for all of its databases. */
export function checkStackMonitoring(
  monitoring: StackMonitoring,
  databases: readonly DatabaseConfig[],
  problems: Problems,
): void {
  checkPrometheusObjects(monitoring, problems);
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

/** What Prometheus and Grafana are told of the stack's databases, where it is to be told anything. */
export function stackMonitoring(
  monitoring: StackMonitoring,
  databases: readonly DatabaseConfig[],
  namespace: pulumi.Input<string>,
  { provider }: Cluster,
): void {
  const { podMonitor, prometheusRule, dashboards } = monitoring;
  if (podMonitor === undefined && prometheusRule === undefined && dashboards === undefined) return;
  new PrometheusObjects(
    "databases-monitoring",
    {
      namespace,
      databases: databases.map(({ name, args: { replicas, paused } }) => ({
        name,
        replicas,
        ...(paused === true ? { paused } : {}),
      })),
      ...(podMonitor ? { podMonitor } : {}),
      ...(prometheusRule ? { prometheusRule } : {}),
      ...(dashboards ? { dashboards } : {}),
      labels: ownLabel(),
    },
    { provider },
  );
}
