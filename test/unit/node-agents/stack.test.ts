import assert from "node:assert/strict";
import { DEFAULT_IMAGES } from "../../../components/common/images";
import { describeStack } from "../../../render/table";
import { deployStack } from "../../../stacks/stack";
import { record, type Recording } from "../support/recording";
import { mistakes, type RawConfig, read, validStack } from "../support/stack";

const stack = (more: RawConfig): RawConfig => ({ ...validStack, ...more });
const deployed = (more: RawConfig): Promise<Recording> => record(() => deployStack(read(stack(more))));
const LOKI = { to: { loki: { url: "https://loki.acme", credentials: "login" } } };

describe("the agents on a stack's nodes", function () {
  this.timeout(20_000);

  it("are none, unless they are asked for", async () => {
    const without = { logCollection: { enabled: false, ...LOKI }, nodeMonitoring: "false" };
    for (const more of [{}, without, { logCollection: false }]) {
      assert.deepEqual(mistakes(stack(more)), []);
      assert.deepEqual((await deployed(more)).all("DaemonSet"), []);
    }
  });

  it("are a line each", async () => {
    const recording = await deployed({ logCollection: { to: "stdout" }, nodeMonitoring: true });
    assert.deepEqual(
      recording
        .all("DaemonSet")
        .map(({ inputs }) => `${inputs["metadata"].namespace}/${inputs["metadata"].name}`)
        .sort(),
      ["stateful-logs/log-collection", "stateful-nodes/node-monitoring"],
    );
  });

  it("know the stack's databases, applications and engines", async () => {
    const recording = await deployed({
      logCollection: { to: "stdout" },
      databases: { orders: { engine: "mysql" }, stock: { engine: "mysql" }, cart: { engine: "redis" } },
      applications: { shop: { image: "shop:1", port: 80 } },
    });
    const config = recording
      .all("ConfigMap")
      .map(({ inputs }) => inputs["data"]?.["fluent-bit.yaml"] as string | undefined)
      .find((one) => one !== undefined);
    assert.ok(config);
    assert.match(config, /\?<database>orders\|stock\|cart\)/);
    assert.match(config, /\?<application>shop\)/);
    const tags = [...config.matchAll(/"tag": "(\w+)"/g)].map(([, tag]) => tag);
    assert.deepEqual(tags, ["agent", "mysql", "redis", "_other"]);
  });

  it("are found and reached as the databases are: who is named without a namespace is of the stack's", async () => {
    const recording = await deployed({
      nodeMonitoring: true,
      monitoring: {
        podMonitor: true,
        scrapers: [{ podLabels: { app: "prometheus" } }, { cidr: "192.0.2.0/24" }],
      },
    });
    const policy = recording
      .all("NetworkPolicy")
      .find(({ inputs }) => inputs["metadata"].name === "node-monitoring");
    assert.deepEqual(policy?.inputs["spec"].ingress[0].from, [
      {
        podSelector: { matchLabels: { app: "prometheus" } },
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "databases" } },
      },
      { ipBlock: { cidr: "192.0.2.0/24" } },
    ]);
    assert.deepEqual(
      recording.all("PodMonitor").map(({ inputs }) => inputs["metadata"].namespace),
      ["databases", "stateful-nodes"],
    );
  });

  it("have images of the stack's registry, but for those that are named", () => {
    const images = { registry: "r.example/m", pullSecrets: ["pull"] };
    const { nodeAgents } = read(
      stack({
        images,
        logCollection: LOKI,
        nodeMonitoring: { image: "own:1" },
        databases: { a: { engine: "mysql" } },
      }),
    );
    assert.equal(
      nodeAgents.logCollection?.image,
      DEFAULT_IMAGES.logCollection.replace(/^[^/]+/, "r.example/m"),
    );
    assert.deepEqual(nodeAgents.logCollection.imagePullSecrets, ["pull"]);
    assert.equal(nodeAgents.nodeMonitoring?.image, "own:1");
    assert.deepEqual(nodeAgents.nodeMonitoring.imagePullSecrets, ["pull"]);
    assert.deepEqual(read(stack({ nodeMonitoring: true })).nodeAgents, { nodeMonitoring: {} });
  });

  it("get in the way of no database that is called like one of them", async () => {
    const databases = { "log-collection": { engine: "mysql" }, "node-monitoring": { engine: "redis" } };
    const config = stack({ databases, logCollection: LOKI, nodeMonitoring: true });
    assert.deepEqual(mistakes(config), []);
    const recording = await record(() => deployStack(read(config)));
    const objects = ["DaemonSet", "StatefulSet", "ConfigMap", "NetworkPolicy", "Namespace"].flatMap((kind) =>
      recording.all(kind).map(({ inputs: { metadata } }) => `${kind} ${metadata.namespace}/${metadata.name}`),
    );
    const named = objects.filter((one) => !one.endsWith("undefined"));
    assert.equal(new Set(named).size, named.length, named.join());
  });

  it("are printed: where they are, and where lines go", () => {
    const nodeAgents = { "log-collection": { namespace: "stateful-logs", what: "sends lines to https://a" } };
    const printed = describeStack({
      namespace: "x",
      databases: {},
      applications: {},
      schedules: {},
      nodeAgents,
    });
    assert.match(
      printed,
      /ON EACH NODE +NAMESPACE +WHAT\nlog-collection +stateful-logs +sends lines to https:\/\/a/,
    );
  });

  for (const [to, words] of [
    ["stdout", "its own output"],
    [{ http: { url: "http://in.acme", anonymous: true } }, "http://in.acme"],
    [{ openSearch: { url: "https://s.acme", credentials: "x" } }, "OpenSearch, https://s.acme"],
    [{ s3: { bucket: "acme", identity: "pod" } }, "the bucket acme"],
  ] as const) {
    it(`say in the outputs that lines go to ${words}`, async () => {
      let what: string | undefined;
      await record(async () => {
        const { nodeAgents } = await deployStack(read(stack({ logCollection: { to } })));
        what = nodeAgents?.["log-collection"]?.what;
      });
      assert.equal(what, `sends what pods of databases write to ${words}`);
    });
  }
});
