import assert from "node:assert/strict";
import { InvalidArgsError, LogCollection, type LogCollectionArgs } from "../../../components";
import { record, type Recording } from "../support/recording";

const MYSQL = { container: "server", firstLine: "\\d{4}-", fields: "^\\S+ (?<level>\\w+)" };

const collection = (args: Partial<LogCollectionArgs> = {}, name = "logs"): Promise<Recording> =>
  record(() => new LogCollection(name, { podNamespace: "shop", to: { stdout: true }, ...args }));

interface Config {
  service: Record<string, unknown>;
  parsers: Record<string, string>[];
  multiline_parsers: { name: string; parser: string; rules: { state: string; regex: string }[] }[];
  pipeline: Record<"inputs" | "filters" | "outputs", Record<string, unknown>[]>;
}

const configOf = (recording: Recording): Config =>
  JSON.parse(recording.one("ConfigMap").inputs["data"]["fluent-bit.yaml"]) as Config;
const podOf = (recording: Recording) => recording.one("DaemonSet").inputs["spec"].template.spec;

/** The mistakes that are found in arguments. */
async function mistakesOf(args: Partial<LogCollectionArgs>): Promise<string[]> {
  try {
    await collection(args);
  } catch (error) {
    if (error instanceof InvalidArgsError) return error.problems.map(({ key }) => key);
    throw error;
  }
  return [];
}

describe("the collection of logs", () => {
  it("runs on every node, tainted ones too, a tenth of them at a time", async () => {
    const { updateStrategy, template } = (await collection()).one("DaemonSet").inputs["spec"];
    assert.deepEqual(updateStrategy, { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%" } });
    assert.deepEqual(template.spec.tolerations, [{ operator: "Exists" }]);
    assert.deepEqual(template.spec.nodeSelector, { "kubernetes.io/os": "linux" });
    assert.equal(template.spec.affinity, undefined);
    const { spec } = (await collection({ maxUnavailable: "2", nodeLabels: { pool: ["a"] } })).one(
      "DaemonSet",
    ).inputs;
    assert.equal(spec.updateStrategy.rollingUpdate.maxUnavailable, 2);
    const terms = spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution;
    assert.deepEqual(terms.nodeSelectorTerms, [
      { matchExpressions: [{ key: "pool", operator: "In", values: ["a"] }] },
    ]);
  });

  it("may do nothing but to read pods' files and to write its own directory", async () => {
    const recording = await collection();
    const { containers, volumes, automountServiceAccountToken, hostNetwork, hostPID, securityContext } =
      podOf(recording);
    assert.equal(automountServiceAccountToken, false);
    assert.equal(hostNetwork ?? hostPID, undefined);
    assert.deepEqual(securityContext.seccompProfile, { type: "RuntimeDefault" });
    const [container] = containers;
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    assert.equal(container.resources.limits.memory, container.resources.requests.memory);
    assert.deepEqual(
      volumes.filter(({ hostPath }: any) => hostPath).map(({ name, hostPath }: any) => [name, hostPath.path]),
      [
        ["pods", "/var/log/pods"],
        ["state", "/var/lib/stateful/stateful-logs"],
      ],
    );
    const writable = container.volumeMounts.filter(({ readOnly }: any) => readOnly !== true);
    assert.deepEqual(writable, [{ name: "state", mountPath: "/var/lib/fluent-bit" }]);
    assert.deepEqual(recording.all("ServiceAccount"), []);
    assert.deepEqual(recording.all("Role"), []);
  });

  it("is in a namespace of its own, which may have directories of nodes, and stays", async () => {
    const { inputs, opts } = (await collection()).one("Namespace");
    assert.equal(inputs["metadata"].name, "stateful-logs");
    assert.equal(inputs["metadata"].labels["pod-security.kubernetes.io/enforce"], "privileged");
    assert.equal(opts.retainOnDelete, true);
    const other = await collection({ namespace: "logs-of-shop" });
    assert.equal(other.one("Namespace").inputs["metadata"].name, "logs-of-shop");
    const state = podOf(other).volumes.find(({ name }: any) => name === "state");
    assert.equal(
      state.hostPath.path,
      "/var/lib/stateful/logs-of-shop",
      "two of them share no node's directory",
    );
  });

  it("keeps positions and what waits on the node's disk, within a limit, and tries without end", async () => {
    const { service, pipeline } = configOf(await collection({ buffer: "1Gi" }));
    assert.equal(service["storage.path"], "/var/lib/fluent-bit/buffer");
    assert.ok(Number(service["scheduler.cap"]) <= 30);
    assert.ok(Number(service["storage.max_chunks_up"]) * 2 <= 64, "MB that are in memory");
    assert.equal(pipeline.outputs[0]!["storage.total_limit_size"], 1024 ** 3);
    assert.equal(pipeline.outputs[0]!["retry_limit"], "no_limits");
    const positions = pipeline.inputs.map(({ db }) => db as string);
    assert.equal(new Set(positions).size, positions.length, "each input has a file of its own");
    for (const input of pipeline.inputs) {
      assert.match(input["db"] as string, /^\/var\/lib\/fluent-bit\//);
      assert.equal(input["storage.type"], "filesystem");
      assert.equal(
        input["mem_buf_limit"],
        undefined,
        "it would pause an input, whose files are rotated meanwhile",
      );
    }
  });

  it("reads the pods of one namespace, each file once", async () => {
    const { inputs } = configOf(await collection({ formats: [MYSQL] })).pipeline;
    assert.deepEqual(
      inputs.map(({ path }) => path),
      [
        "/var/log/pods/shop_*/agent/*.log",
        "/var/log/pods/shop_*/server/*.log",
        "/var/log/pods/shop_*/*/*.log",
      ],
    );
    const [agent, server, others] = inputs;
    assert.equal(others!["exclude_path"], `${agent!["path"] as string},${server!["path"] as string}`);
  });

  it("tells of each line whose it is, by the path of its file", async () => {
    const { parsers } = configOf(
      await collection({ databases: ["orders", "cart"], applications: ["shop", "shop-worker"] }),
    );
    const { regex } = parsers.find(({ name }) => name === "file-path")!;
    const groups = (pod: string) => ({
      ...new RegExp(regex!).exec(`/var/log/pods/shop_${pod}_0f-1/agent/3.log`)!.groups,
    });
    const where = { namespace: "shop", container: "agent" };
    const none = { database: undefined, application: undefined };
    assert.deepEqual(groups("orders-2"), { ...where, ...none, pod: "orders-2", database: "orders" });
    const web = "shop-7d9c5b8f6-x2x4z";
    assert.deepEqual(groups(web), { ...where, ...none, pod: web, application: "shop" });
    const worker = "shop-worker-7d9c5b8f6-x2x4z";
    assert.deepEqual(groups(worker), { ...where, ...none, pod: worker, application: "shop-worker" });
    assert.deepEqual(groups("orders-2-x"), { ...where, ...none, pod: "orders-2-x" });
    assert.deepEqual(groups("other"), { ...where, ...none, pod: "other" });
  });

  it("puts lines of one entry together, whatever the first of a file is", async () => {
    const { multiline_parsers: made, parsers } = configOf(await collection({ formats: [MYSQL] }));
    assert.deepEqual(
      made.map(({ name }) => name),
      ["server-entry"],
      "the agent's are a line each",
    );
    const [first, more] = made[0]!.rules;
    assert.ok(new RegExp(first!.regex).test("anything"));
    assert.ok(!new RegExp(more!.regex).test("2026-11-28 …"));
    assert.ok(new RegExp(more!.regex).test("\tat somewhere"));
    assert.ok(parsers.some(({ name }) => name === made[0]!.parser));
  });

  it("lets a format of one's own go before that of the agents", async () => {
    const { parsers } = configOf(await collection({ formats: [{ container: "agent", fields: "^(?<x>.)" }] }));
    assert.deepEqual(
      parsers.flatMap(({ name, regex }) => (name === "agent-fields" ? [regex] : [])),
      ["^(?<x>.)"],
    );
  });

  it("tells figures of its own to whom the policy names, and nobody else comes in", async () => {
    const closed = await collection();
    assert.deepEqual(closed.one("NetworkPolicy").inputs["spec"].ingress, []);
    assert.deepEqual(closed.one("DaemonSet").inputs["spec"].template.metadata.annotations, {
      "prometheus.io/scrape": "true",
      "prometheus.io/port": "2020",
      "prometheus.io/path": "/api/v2/metrics/prometheus",
    });
    const monitoring = {
      annotations: false,
      scrapers: [{ namespace: "monitoring" }],
      podMonitor: { labels: { a: "b" } },
    };
    const open = await collection({ monitoring });
    assert.equal(
      open.one("DaemonSet").inputs["spec"].template.metadata.annotations["prometheus.io/scrape"],
      undefined,
    );
    const [rule] = open.one("NetworkPolicy").inputs["spec"].ingress;
    assert.deepEqual(rule.ports, [{ protocol: "TCP", port: 2020 }]);
    const { metadata, spec } = open.one("PodMonitor").inputs;
    assert.equal(metadata.labels.a, "b");
    assert.deepEqual(spec, {
      selector: {
        matchLabels: { "app.kubernetes.io/name": "log-collection", "app.kubernetes.io/instance": "logs" },
      },
      podMetricsEndpoints: [{ port: "metrics", path: "/api/v2/metrics/prometheus", interval: "30s" }],
    });
    assert.deepEqual(
      open.all("CustomResourceDefinition").map(({ opts }) => opts.id),
      ["podmonitors.monitoring.coreos.com"],
      "its absence is an error at preview",
    );
  });

  it("takes priority, image and pull secrets, and a Secret's name that is known later", async () => {
    const { priorityClassName, imagePullSecrets, containers } = podOf(
      await collection({
        priorityClassName: "high",
        imagePullSecrets: ["a"],
        image: "b:1",
        resources: { cpu: "1" },
      }),
    );
    assert.equal(priorityClassName, "high");
    assert.deepEqual(imagePullSecrets, [{ name: "a" }]);
    assert.equal(containers[0].image, "b:1");
    assert.equal(containers[0].resources.requests.cpu, "1");
  });

  it("tells of all mistakes of a program at once", async () => {
    const found = await mistakesOf({
      to: { s3: { bucket: "A", credentials: { existingSecret: "x", token: true } }, stdout: true },
      podNamespace: "stateful-logs",
      databases: ["Orders"],
      buffer: "1Ti",
      formats: [
        { container: "A" },
        { container: "a", firstLine: "(" },
        { container: "a", fields: "(?<x>.)" },
        { container: "b", fields: "^${HOME}" },
      ],
    });
    assert.deepEqual(
      found.map((key) => key.replace("logs.", "")).sort(),
      [
        ...["buffer", "databases[0]", "formats[0].container", "formats[1].firstLine", "formats[2].container"],
        ...[
          "formats[2].fields",
          "formats[3].fields",
          "namespace",
          "to",
          "to.s3.bucket",
          "to.s3.credentials.token",
        ],
      ].sort(),
    );
  });
});
