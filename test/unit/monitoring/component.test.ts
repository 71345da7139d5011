import assert from "node:assert/strict";
import {
  type MonitoringArgs,
  MySql,
  PrometheusObjects,
  type PrometheusObjectsArgs,
} from "../../../components";
import { record, type Recording } from "../support/recording";

const mysql = (monitoring?: MonitoringArgs, annotations?: Record<string, string>): Promise<Recording> =>
  record(
    () =>
      new MySql("orders", {
        namespace: "shop",
        ...(monitoring ? { monitoring } : {}),
        ...(annotations ? { annotations } : {}),
      }),
  );
const podAnnotations = (recording: Recording) =>
  recording.one("StatefulSet").inputs["spec"].template.metadata.annotations;

describe("a database's figures", () => {
  it("are found by annotations of its pods, unless it says otherwise, and the user's own go before them", async () => {
    assert.deepEqual(podAnnotations(await mysql()), {
      "prometheus.io/scrape": "true",
      "prometheus.io/port": "8391",
      "prometheus.io/path": "/metrics",
    });
    assert.deepEqual(podAnnotations(await mysql({ annotations: false }, { team: "a" })), { team: "a" });
    const own = await mysql({}, { "prometheus.io/scrape": "false" });
    assert.equal(podAnnotations(own)["prometheus.io/scrape"], "false");
  });

  it("are on a port of the agent's container that has a name", async () => {
    const { initContainers } = (await mysql()).one("StatefulSet").inputs["spec"].template.spec;
    const agent = initContainers.find(({ name }: { name: string }) => name === "agent");
    assert.deepEqual(agent.ports.at(-1), { name: "metrics", containerPort: 8391 });
  });

  it("are reached by whom the database names, on that port alone, and else by nobody", async () => {
    const rules = async (monitoring?: MonitoringArgs) =>
      (await mysql(monitoring)).one("NetworkPolicy").inputs["spec"].ingress;
    assert.equal((await rules()).length, 2);
    assert.equal((await rules({ scrapers: [] })).length, 2);
    assert.deepEqual((await rules({ scrapers: [{ namespace: "monitoring" }] })).slice(2), [
      {
        from: [
          {
            podSelector: {},
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } },
          },
        ],
        ports: [{ protocol: "TCP", port: 8391 }],
      },
    ]);
  });
});

describe("what Prometheus is told", () => {
  const objects = (args: Partial<PrometheusObjectsArgs>): Promise<Recording> =>
    record(
      () =>
        new PrometheusObjects("shop", {
          namespace: "shop",
          databases: [
            { name: "orders", replicas: 3 },
            { name: "carts", replicas: 1 },
          ],
          ...args,
        }),
    );

  it("is nothing, unless it is asked for", async () => {
    const recording = await objects({ podMonitor: { enabled: false } });
    assert.deepEqual(recording.all("PodMonitor"), []);
    assert.deepEqual(recording.all("PrometheusRule"), []);
  });

  it("is where the databases' figures are, and nobody else's", async () => {
    const { metadata, spec } = (
      await objects({ podMonitor: { interval: "15s", labels: { release: "prom" } } })
    ).one("PodMonitor").inputs;
    assert.equal(metadata.labels.release, "prom");
    assert.deepEqual(spec, {
      selector: {
        matchLabels: { "app.kubernetes.io/component": "database" },
        matchExpressions: [
          { key: "app.kubernetes.io/instance", operator: "In", values: ["orders", "carts"] },
        ],
      },
      podMetricsEndpoints: [{ port: "metrics", path: "/metrics", interval: "15s", honorLabels: true }],
    });
  });

  it("is how many members each database should have, and the alerts of its namespace alone", async () => {
    const { spec } = (await objects({ prometheusRule: { runbookUrl: "https://wiki/runbook" } })).one(
      "PrometheusRule",
    ).inputs;
    const [group] = spec.groups;
    assert.deepEqual(group.rules.slice(0, 2), [
      {
        record: "stateful:replicas:wanted",
        expr: "vector(3)",
        labels: { namespace: "shop", database: "orders" },
      },
      {
        record: "stateful:replicas:wanted",
        expr: "vector(1)",
        labels: { namespace: "shop", database: "carts" },
      },
    ]);
    for (const { alert, expr, annotations } of group.rules.slice(2)) {
      const figures = [...expr.matchAll(/(?:stateful|process)_\w+|stateful:[\w:]+/g)];
      const selected = [...expr.matchAll(/\{namespace="shop"/g)];
      assert.equal(selected.length, figures.length, `${alert}: ${expr}`);
      assert.equal(annotations.runbook_url, `https://wiki/runbook#${alert.toLowerCase()}`);
    }
  });

  it("is dashboards too, each in a ConfigMap with the label that Grafana's sidecar looks for", async () => {
    const made = async (args: Partial<PrometheusObjectsArgs>) =>
      (await objects(args)).all("ConfigMap").map(({ inputs: { metadata, data } }) => ({
        label: metadata.labels.grafana_dashboard,
        own: metadata.labels.folder,
        files: Object.keys(data),
      }));
    assert.deepEqual(await made({ dashboards: {} }), [
      { label: "1", own: undefined, files: ["stateful-database.json"] },
      { label: "1", own: undefined, files: ["stateful-databases.json"] },
    ]);
    assert.deepEqual((await made({ dashboards: { labels: { folder: "db" } } }))[0], {
      label: undefined,
      own: "db",
      files: ["stateful-database.json"],
    });
    assert.deepEqual(await made({ dashboards: { enabled: false } }), []);
  });

  it("is read first where it is a kind that the cluster may not have: its absence is an error at preview", async () => {
    const recording = await objects({ podMonitor: {}, prometheusRule: {} });
    assert.deepEqual(
      recording.all("CustomResourceDefinition").map(({ opts }) => opts.id),
      ["podmonitors.monitoring.coreos.com", "prometheusrules.monitoring.coreos.com"],
    );
  });
});
