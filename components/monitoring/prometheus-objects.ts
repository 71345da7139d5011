import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Identity, standardLabels } from "../common/labels";
import { Problems } from "../common/problems";
import { EXPORTER_NAME } from "../protocol/exporter";
import { COMPONENT, INSTANCE } from "../protocol/labels";
import type { PodMonitorArgs, PrometheusObjectsArgs } from "./args";
import { checkPrometheusObjects } from "./checks";
import { operatorObject, podMonitor, type ScrapedEndpoint } from "./operator-objects";
import { rulesFor } from "./rules";

/** Made by `bench/dashboards`. */
const DASHBOARDS = join(__dirname, "dashboards");

/** The port of an agent's container that figures are told on. */
const PORT = "metrics";

/**
 * What the Prometheus operator finds the databases of a namespace by, and what it has somebody woken for; and dashboards
 * for the sidecar of Grafana.
 *
 * Kinds that the cluster has not got are an error at preview: their definitions are read.
 *
 * @throws InvalidArgsError with everything that is wrong with the arguments, before any resource is made.
 */
export class PrometheusObjects extends pulumi.ComponentResource {
  constructor(name: string, args: PrometheusObjectsArgs, opts?: pulumi.ComponentResourceOptions) {
    const problems = new Problems(name);
    checkPrometheusObjects(args, problems);
    problems.throwIfAny();
    super("stateful:index:PrometheusObjects", name, {}, opts);

    const { databases, podMonitor: monitor, prometheusRule } = args;
    const namespace = pulumi.output(args.namespace);
    const context = { name, args, parent: this };
    const of = (labels: Record<string, string> | undefined) => ({
      name,
      namespace: args.namespace,
      labels: standardLabels(identityOf(name), { ...args.labels, ...labels }),
      parent: this,
    });
    if (monitor !== undefined && monitor.enabled !== false) {
      const named = { key: INSTANCE, operator: "In", values: databases.map((database) => database.name) };
      // Figures say for themselves whose they are.
      const endpoint = { port: PORT, path: "/metrics", interval: monitor.interval, honorLabels: true };
      const exporters = databases.some(({ exporter }) => exporter === true) ? [ofExporters(monitor)] : [];
      podMonitor(of(monitor.labels), { [COMPONENT]: "database" }, [endpoint, ...exporters], [named]);
    }
    if (prometheusRule !== undefined && prometheusRule.enabled !== false) {
      const groups = namespace.apply((known) => rulesFor(known, databases, prometheusRule.runbookUrl));
      operatorObject(of(prometheusRule.labels), "PrometheusRule", { groups });
    }
    if (args.dashboards !== undefined && args.dashboards.enabled !== false) {
      dashboards(context, args.dashboards.labels ?? { grafana_dashboard: "1" });
    }
    this.registerOutputs({});
  }
}

/** Those of exporters do not say whose they are: as the agents' figures do, by the database's name. */
function ofExporters({ interval }: PodMonitorArgs): ScrapedEndpoint {
  const named = `__meta_kubernetes_pod_label_${INSTANCE.replace(/[^a-zA-Z0-9]/g, "_")}`;
  return {
    port: EXPORTER_NAME,
    path: "/metrics",
    interval,
    relabelings: [{ sourceLabels: [named], targetLabel: "database" }],
  };
}

/** A ConfigMap of its own for each: the sidecar makes a file of each key. */
function dashboards(
  { name, args, parent }: { name: string; args: PrometheusObjectsArgs; parent: pulumi.Resource },
  labels: Record<string, string>,
): void {
  for (const file of readdirSync(DASHBOARDS).sort()) {
    const suffix = file.replace(".json", "");
    new k8s.core.v1.ConfigMap(
      `${name}-${suffix}`,
      {
        metadata: {
          name: `${name}-${suffix}`,
          namespace: args.namespace,
          labels: standardLabels(identityOf(name), { ...args.labels, ...labels }),
        },
        data: { [file]: readFileSync(join(DASHBOARDS, file), "utf8") },
      },
      { parent },
    );
  }
}

function identityOf(name: string): Identity {
  return { application: "monitoring", instance: name, component: "monitoring" };
}
