import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { MySql, PostgreSql } from "../../components";
import { MYSQL_TOPOLOGY } from "../../components/mysql/topology";
import { agentPolicy } from "../../components/agents/agent-policy";
import { record, type Recording } from "./support/recording";

interface Rule {
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

const ENGINES = { mysql: MySql, postgresql: PostgreSql };
const args = { namespace: "databases", storage: "1Gi", replicas: 3 };

const recordings = new Map<string, Promise<Recording>>();

/** The database `orders`, which nobody changes: recorded once. */
function made(engine: keyof typeof ENGINES): Promise<Recording> {
  const found =
    recordings.get(engine) ??
    record(() => {
      const retainingProvider = new k8s.Provider("retaining", { upsertExistingObjects: true });
      new ENGINES[engine]("orders", { ...args, retainingProvider });
    });
  recordings.set(engine, found);
  return found;
}

const rulesOf = (recording: Recording) => recording.one("Role").inputs["rules"] as Rule[];
const granted = (rules: Rule[], resource: string, verb: string) =>
  rules.filter(({ resources, verbs }) => resources.includes(resource) && verbs.includes(verb));

const SLICES = {
  mysql: ["orders", "orders.ipv6", "orders-replicas", "orders-replicas.ipv6"],
  postgresql: ["orders-replicas", "orders-replicas.ipv6"],
};

for (const engine of ["mysql", "postgresql"] as const) {
  describe(`law 14: the account of a ${engine} database changes nothing of another database`, () => {
    let recording: Recording;
    before(async () => {
      recording = await made(engine);
    });

    it("makes nothing that leads clients somewhere", () => {
      for (const resource of ["endpoints", "endpointslices", "services", "pods"]) {
        assert.deepEqual(granted(rulesOf(recording), resource, "create"), [], resource);
      }
    });

    it("changes only what is named, and its own", () => {
      const changes = ["update", "patch", "delete", "deletecollection", "*"];
      for (const { resources, resourceNames = [], verbs } of rulesOf(recording)) {
        if (!verbs.some((verb) => changes.includes(verb))) continue;
        assert.ok(resourceNames.length > 0, `any of ${resources.join()}`);
        for (const name of resourceNames) assert.match(name, /^orders([-.]|$)/);
      }
      for (const verb of ["deletecollection", "*", "escalate", "bind", "impersonate"]) {
        assert.ok(
          rulesOf(recording).every(({ verbs }) => !verbs.includes(verb)),
          verb,
        );
      }
    });

    it("deletes nothing but its own pods, of which the policy lets each delete itself alone", () => {
      const deleting = rulesOf(recording).filter(({ verbs }) => verbs.includes("delete"));
      assert.deepEqual(
        deleting.map(({ resources }) => resources),
        [["pods"]],
      );
      assert.deepEqual(
        deleting[0]?.resourceNames,
        [...Array(9).keys()].map((ordinal) => `orders-${ordinal}`),
      );
      const { validations } = recording.one("ValidatingAdmissionPolicy").inputs["spec"] as {
        validations: { expression: string }[];
      };
      const rule = validations.find(({ expression }) => expression.includes("pod-uid"));
      assert.match(rule?.expression ?? "", /variables\.former\.metadata\.uid in .*\/pod-uid.*&& !.*'Ready'/);
    });

    it("reads no Secret but the one that it writes for applications, which the stack makes empty", () => {
      const secrets = rulesOf(recording).filter(({ resources }) => resources.includes("secrets"));
      assert.deepEqual(secrets, [
        { apiGroups: [""], resources: ["secrets"], resourceNames: ["orders-login"], verbs: ["get", "patch"] },
      ]);
      const login = recording.all("Secret").find(({ inputs }) => inputs["metadata"].name === "orders-login");
      assert.ok(login);
      assert.deepEqual(
        Object.keys(login.inputs).filter((key) => /data/i.test(key) && key !== "metadata"),
        [],
      );
      assert.notEqual(login.opts.retainOnDelete, true);
    });

    it("finds the slices that it writes made with the stack, each for a Service and a family of addresses", () => {
      const slices = recording.all("EndpointSlice").map(({ inputs }) => inputs);
      assert.deepEqual(
        slices.map(({ metadata }) => metadata.name),
        SLICES[engine],
      );
      const [writable] = granted(rulesOf(recording), "endpointslices", "patch");
      assert.deepEqual(writable?.resourceNames, SLICES[engine]);
      for (const { metadata, addressType, ports } of slices) {
        const [service] = metadata.name.split(".") as [string];
        assert.equal(metadata.labels["kubernetes.io/service-name"], service);
        assert.equal(addressType, metadata.name === service ? "IPv4" : "IPv6");
        assert.deepEqual(ports, [{ name: engine, port: engine === "mysql" ? 3306 : 5432, protocol: "TCP" }]);
      }
    });

    it("leaves what is written into them to the agents, however often the stack is deployed", () => {
      for (const { inputs, provider } of recording.all("EndpointSlice")) {
        assert.equal("endpoints" in inputs, false);
        assert.equal(provider, "retaining", "what an earlier version's agent made is taken over");
      }
    });

    it("starts no pod before they are there", () => {
      const { dependsOn } = recording.one("StatefulSet").opts as { dependsOn: { __name?: string }[] };
      const names = dependsOn.map((resource) => resource.__name);
      for (const slice of SLICES[engine]) assert.ok(names.includes(`${slice}-route`), slice);
    });
  });
}

describe("the Endpoints of Patroni's state", () => {
  it("are made with the stack, without any, and what is in those that are there is left alone", async () => {
    const recording = await made("postgresql");
    const endpoints = recording.all("Endpoints");
    const names = ["orders", "orders-config", "orders-sync", "orders-failover"];
    assert.deepEqual(
      endpoints.map(({ inputs }) => inputs["metadata"].name),
      names,
    );
    for (const { inputs, provider } of endpoints) {
      assert.deepEqual(Object.keys(inputs).sort(), ["apiVersion", "kind", "metadata"]);
      assert.equal(provider, "retaining");
      // Patroni finds them by these.
      assert.equal(inputs["metadata"].labels["app.kubernetes.io/instance"], "orders");
      assert.equal(inputs["metadata"].labels["app.kubernetes.io/name"], "postgresql");
    }
    const [writable] = granted(rulesOf(recording), "endpoints", "patch");
    assert.deepEqual(writable?.resourceNames, names);
    const { dependsOn } = recording.one("StatefulSet").opts as { dependsOn: { __name?: string }[] };
    assert.ok(names.every((name) => dependsOn.some(({ __name }) => __name === `${name}-state`)));
  });
});

describe("the policy of a database's account", () => {
  const policyOf = (recording: Recording) =>
    recording.one("ValidatingAdmissionPolicy").inputs as {
      metadata: { name: string };
      spec: {
        failurePolicy: string;
        matchConstraints: {
          namespaceSelector: { matchLabels: Record<string, string> };
          resourceRules: { resources: string[]; operations: string[] }[];
        };
        matchConditions: { expression: string }[];
        validations: { expression: string; message: string }[];
      };
    };

  it("looks at that account alone, and refuses what it cannot judge", async () => {
    const recording = await made("mysql");
    const { metadata, spec } = policyOf(recording);
    assert.equal(metadata.name, "orders.databases.stateful");
    assert.deepEqual(
      spec.matchConditions.map(({ expression }) => expression),
      ['request.userInfo.username == "system:serviceaccount:databases:orders"'],
    );
    assert.deepEqual(spec.matchConstraints.namespaceSelector.matchLabels, {
      "kubernetes.io/metadata.name": "databases",
    });
    assert.equal(spec.failurePolicy, "Fail");
    const binding = recording.one("ValidatingAdmissionPolicyBinding").inputs["spec"];
    assert.deepEqual(binding, { policyName: "orders.databases.stateful", validationActions: ["Deny"] });
  });

  it("judges every kind that the account may change, whichever way", async () => {
    for (const engine of ["mysql", "postgresql"] as const) {
      const recording = await made(engine);
      const watched = policyOf(recording).spec.matchConstraints.resourceRules;
      const changed = rulesOf(recording).filter(({ verbs }) =>
        verbs.some((verb) => ["create", "update", "patch"].includes(verb)),
      );
      for (const resource of changed.flatMap(({ resources }) => resources)) {
        const rule = watched.find(({ resources }) => resources.includes(resource));
        assert.deepEqual(rule?.operations, ["CREATE", "UPDATE", "DELETE"], resource);
        const judged = policyOf(recording).spec.validations;
        assert.ok(
          judged.some(({ expression }) =>
            expression.startsWith(`request.resource.resource != "${resource}"`),
          ),
          resource,
        );
      }
    }
  });

  it("is no other's: neither a database of that name elsewhere, nor one whose names are cut elsewhere", async () => {
    const recording = await record(() => {
      const databases = [
        ["orders", "a"],
        ["orders", "b"],
        ["orders-a", "b"],
        ["orders", "a-b"],
      ] as const;
      databases.forEach(([database, namespace], index) => {
        const parent = new pulumi.ComponentResource("test:index:Database", `database-${index}`);
        agentPolicy(database, {
          namespace,
          labels: {},
          topology: MYSQL_TOPOLOGY,
          engine: {},
          users: [],
          parent,
        });
      });
    });
    const policies = recording.all("ValidatingAdmissionPolicy");
    const names = policies.map(({ inputs }) => inputs["metadata"].name as string);
    assert.equal(names.length, 4);
    assert.equal(new Set(names).size, names.length);
  });

  it("can be turned off, also while the database is protected", async () => {
    const { opts } = (await made("mysql")).one("ValidatingAdmissionPolicy");
    assert.equal(opts.protect, false);
    const without = await record(() => new MySql("orders", { ...args, admissionPolicy: false }));
    assert.equal(without.all("ValidatingAdmissionPolicy").length, 0);
    assert.equal(without.all("ValidatingAdmissionPolicyBinding").length, 0);
  });
});
