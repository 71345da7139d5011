// Pulumi's documented unit test, by Node's own runner: https://www.pulumi.com/docs/iac/guides/testing/unit/
const assert = require("node:assert/strict");
const { before, describe, it } = require("node:test");
const pulumi = require("@pulumi/pulumi");

const made = [];
pulumi.runtime.setMocks({
  newResource: (args) => {
    made.push(args);
    return { id: `${args.inputs.name}_id`, state: args.inputs };
  },
  call: (args) => args.inputs,
});

describe("infrastructure", () => {
  let library;
  before(() => {
    library = require("stateful");
  });

  it("has a database", async () => {
    const { MySql, PostgreSql, StatelessApp } = library;
    const orders = new MySql("orders", { namespace: "shop", replicas: 3 });
    const events = new PostgreSql("events", { namespace: "shop" });
    new StatelessApp("web", { namespace: "shop", image: "nginx", port: 80, connection: orders.connection });
    const valueOf = (output) => new Promise((resolve) => output.apply(resolve));
    assert.equal(await valueOf(orders.primaryHost), "orders.shop.svc");
    assert.equal(await valueOf(events.secretName), "events-credentials");
    await pulumi.runtime.disconnect();
    const sets = made.filter(({ type }) => type === "kubernetes:apps/v1:StatefulSet");
    assert.deepEqual(sets.map(({ inputs }) => inputs.spec.replicas).sort(), [1, 3]);
  });
});
