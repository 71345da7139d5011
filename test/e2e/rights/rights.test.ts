import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endpointsBy } from "../../../components/protocol/topology";
import { KubectlError } from "../../../operate/kube/kubectl";
import { manifestsOf } from "../../../operate/deploy/rendered-stack";
import { PROJECT } from "../../../operate/deploy/stack-config";
import type { KubernetesObject } from "../../../render/program";
import { clusterFacts, kubectl } from "../support/cluster/cluster";
import { fromWithin } from "../support/from-within";
import { deleteNamespace } from "../support/cluster/namespaces";
import { engineSuite, generalSuite, skip } from "../support/suites";
import { type Act, led, patch, slice } from "../support/engines/acts";
import { anyEngine, engines } from "../support/engines/registry";
import { objectsOf } from "./objects";

const NAMESPACE = "e2e-rights";

/** Refused because no role grants it, or because the database's policy does not let it through. */
const REFUSED = { byRole: /cannot (\w+) resource/, byPolicy: /denied request/ };

const ANOTHER = { username: "YXBw", password: "cGFzc3dvcmQ=" };

/** What must be refused to each of them, by the role alone. */
const BY_ROLE: Act[] = [
  ["read its own passwords by the API", "get", "secret", "orders-credentials"],
  ["read another database's passwords", "get", "secret", "billing-credentials"],
  ["read what another's applications log in by", "get", "secret", "billing-login"],
  ["change what another's applications log in by", ...patch("secret/billing-login", { data: ANOTHER })],
  ["change its own passwords", ...patch("secret/orders-credentials", { data: ANOTHER })],
  ["change another's pod", ...patch("pod/billing-0", { metadata: { labels: { role: "primary" } } })],
  ["lead another's clients to itself", ...patch(`${slice}/billing`, led)],
  ["lead another's reads to itself", ...patch(`${slice}/billing-replicas`, led)],
  ["make an EndpointSlice of another's Service", "create", "--filename=-"],
  ["make Endpoints of another's name", "create", "--filename=-"],
  ["delete its own slice", "delete", slice, "orders-replicas"],
  ["change another's marker", ...patch("configmap/billing-bootstrap", { data: { marker: "{}" } })],
  ["delete its marker", "delete", "configmap", "orders-bootstrap"],
  ["make a pod", "run", "another", "--image=none"],
  ["run a command in a pod of its own", "exec", "orders-0", "--", "true"],
  [
    "make itself more rights",
    "create",
    "rolebinding",
    "more",
    "--clusterrole=admin",
    "--serviceaccount=e2e-rights:orders",
  ],
];

/** What the role cannot refuse, since who may patch a pod may patch all of it, and `create` goes by no name. */
const BY_POLICY: Act[] = [
  [
    "make its pod one of another database's",
    ...patch("pod/orders-0", { metadata: { labels: { "app.kubernetes.io/instance": "billing" } } }),
  ],
  [
    "make its pod a client of another's",
    ...patch("pod/orders-0", { metadata: { labels: { "billing-client": "true" } } }),
  ],
  [
    "take a label off its pod",
    ...patch("pod/orders-0", { metadata: { labels: { "app.kubernetes.io/name": null } } }),
  ],
  ["have its pods run another image", "set", "image", "pod/orders-0", "server=stateful.test/another:1"],
  [
    "write an annotation that others go by",
    ...patch("pod/orders-0", { metadata: { annotations: { "cni.projectcalico.org/podIP": "198.18.0.1" } } }),
  ],
  [
    "keep a pod from being deleted",
    ...patch("pod/orders-0", { metadata: { finalizers: ["example.com/never"] } }),
  ],
  [
    "let a pod go with something else",
    ...patch("pod/orders-0", {
      metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "none", uid: "0" }] },
    }),
  ],
  [
    "keep something else in its applications' Secret",
    ...patch("secret/orders-login", { data: { "tls.key": "YXBw" } }),
  ],
  [
    "have others do something with its applications' Secret",
    ...patch("secret/orders-login", { metadata: { annotations: { "reflector/allowed": "true" } } }),
  ],
  ["keep its applications' Secret from being changed", ...patch("secret/orders-login", { immutable: true })],
  ["delete a pod of its own from elsewhere than in it", "delete", "pod", "orders-1"],
  ["make the marker of another database", "create", "configmap", "reports-bootstrap"],
  ["make any other ConfigMap", "create", "configmap", "settings"],
];

/** The same of its set. Whose agents show no size of a ring there have no right to change it. */
const OF_SETS: Act[] = [
  ["change its own set's size", ...patch("statefulset/orders", { spec: { replicas: 5 } })],
  [
    "have its set's pods run another image",
    ...["set", "image", "statefulset/orders", "nobody=stateful.test/another:1"],
  ],
  [
    "write an annotation on its set that others go by",
    ...patch("statefulset/orders", { metadata: { annotations: { "reloader/auto": "true" } } }),
  ],
  [
    "keep its set from being deleted",
    ...patch("statefulset/orders", { metadata: { finalizers: ["example.com/never"] } }),
  ],
];

/** The same of slices. Whose agents write none has no right to change one. */
const OF_SLICES: Act[] = [
  [
    "have its slice count for another's Service",
    ...patch(`${slice}/orders-replicas`, {
      metadata: { labels: { "kubernetes.io/service-name": "billing" } },
    }),
  ],
  [
    "have its slice count for no Service",
    ...patch(`${slice}/orders-replicas`, { metadata: { labels: { "kubernetes.io/service-name": null } } }),
  ],
];

/** The database's set; one that selected the stand-ins for its pods would end them. No node takes its own. */
const SET: KubernetesObject = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "orders", namespace: NAMESPACE },
  spec: {
    replicas: 0,
    serviceName: "orders-headless",
    selector: { matchLabels: { app: "nobody" } },
    template: {
      metadata: { labels: { app: "nobody" } },
      spec: { nodeSelector: { nobody: "none" }, containers: [{ name: "nobody", image: "none" }] },
    },
  },
};

/** Objects for the acts that make some. */
const MADE: Record<string, object> = {
  "make an EndpointSlice of another's Service": {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "stolen", labels: { "kubernetes.io/service-name": "billing" } },
    addressType: "IPv4",
    ports: [],
    ...led,
  },
  "make Endpoints of another's name": { apiVersion: "v1", kind: "Endpoints", metadata: { name: "billing" } },
};

for (const { name: engine, ownActs, topology } of Object.values(engines)) {
  engineSuite(engine, "rights of a database's account", () => {
    const account = `system:serviceaccount:${NAMESPACE}:orders`;
    const act = async ([what, ...args]: Act): Promise<string> =>
      await kubectl.run(
        [`--as=${account}`, `--namespace=${NAMESPACE}`, ...args],
        what in MADE ? JSON.stringify(MADE[what]) : undefined,
      );

    before(async () => {
      await deleteNamespace(NAMESPACE);
      await kubectl.run(["create", "namespace", NAMESPACE]);
      await apply(await objectsOf(NAMESPACE, engine));
      const { images } = await clusterFacts();
      const pods = ["orders-0", "orders-1", "billing-0"];
      await apply([...pods.map((pod) => standIn(pod, engine, images.node)), SET]);
      await enforced(act);
    });

    after(async () => {
      await deleteNamespace(NAMESPACE);
    });

    for (const allowed of ownActs) {
      it(`lets it go about its work: it ${allowed[0]}`, async () => {
        await act(allowed);
      });
    }
    for (const refused of BY_ROLE) {
      it(`grants it no right to ${refused[0]}`, async () => {
        await assert.rejects(act(refused), REFUSED.byRole);
      });
    }
    const routes = endpointsBy(topology, "agent").length > 0;
    const isRing = topology.membersBy === "service";
    for (const refused of [...(routes ? [] : OF_SLICES), ...(isRing ? [] : OF_SETS)]) {
      it(`grants it no right to ${refused[0]}`, async () => {
        await assert.rejects(act(refused), REFUSED.byRole);
      });
    }
    for (const refused of [...BY_POLICY, ...(routes ? OF_SLICES : []), ...(isRing ? OF_SETS : [])]) {
      it(`does not let it ${refused[0]}`, async () => {
        await assert.rejects(act(refused), REFUSED.byPolicy);
      });
    }

    it("has a ring's set refused fewer pods than that has members, also when it comes back from a pause", async function () {
      if (!isRing) skip(this, "it has no ring");
      await act([
        "show its size",
        ...patch("statefulset/orders", { metadata: { annotations: { "stateful/members": "4" } } }),
      ]);
      const wants = async (replicas: number) =>
        kubectl.run([
          ...patch("statefulset/orders", { spec: { replicas } }),
          ...[`--namespace=${NAMESPACE}`, "--dry-run=server"],
        ]);
      await assert.rejects(
        wants(3),
        /orders has 4 members.*annotate configmap orders-bootstrap stateful\/scale-in-to=3/s,
      );
      for (const allowed of [0, 4, 5]) await wants(allowed);
      const scale = async (replicas: number) =>
        kubectl.run(["scale", "statefulset/orders", `--replicas=${replicas}`, `--namespace=${NAMESPACE}`]);
      const back = /orders is a ring.*stop all \(0\) and have all back \(3\)/s;
      await assert.rejects(scale(2), back);
      await scale(3);
      await assert.rejects(scale(2), back);
      await scale(4);
      await assert.rejects(scale(3), back);
      await scale(0);
    });

    it("lets a pod that is not ready delete itself, and none another", async () => {
      const ready = async (status: "True" | "False") =>
        kubectl.run([
          ...[...patch("pod/orders-1", { status: { conditions: [{ type: "Ready", status }] } })],
          ...["--subresource=status", `--namespace=${NAMESPACE}`],
        ]);
      await fromWithin({ namespace: NAMESPACE, name: "orders-1", account: "orders" }, async (inside) => {
        const remove = async (pod: string) => inside.run(["delete", "pod", pod, `--namespace=${NAMESPACE}`]);
        await assert.rejects(remove("orders-0"), REFUSED.byPolicy);
        await assert.rejects(remove("billing-0"), REFUSED.byRole);
        await ready("True");
        await assert.rejects(remove("orders-1"), REFUSED.byPolicy);
        await ready("False");
        await remove("orders-1");
      });
      assert.equal(await kubectl.get("pod", "orders-1", NAMESPACE), undefined);
    });

    it("says what its applications log in by, which applying the Secret once more does not take away", async () => {
      await act(["publish a login", ...patch("secret/orders-login", { data: ANOTHER })]);
      await apply(await objectsOf(NAMESPACE, engine));
      const found = await act([
        "read it",
        "get",
        "secret",
        "orders-login",
        "--output=jsonpath={.data.password}",
      ]);
      assert.equal(found, ANOTHER.password);
    });

    it("takes nothing from a slice that is applied once more", async function () {
      if (!routes) skip(this, "its agents write none");
      await act(["leads reads", ...patch(`${slice}/orders-replicas`, led)]);
      await apply(await objectsOf(NAMESPACE, engine));
      const found = await kubectl.get(slice, "orders-replicas", NAMESPACE);
      const { endpoints } = found as unknown as typeof led;
      assert.deepEqual(
        endpoints.map(({ addresses }) => addresses),
        led.endpoints.map(({ addresses }) => addresses),
      );
    });
  });
}

generalSuite("rights to deploy", () => {
  const deployer = "e2e-rights-deployer";
  const as = [`--as=${deployer}`];

  before(async () => {
    await deleteNamespace(NAMESPACE);
    await kubectl.run(["create", "namespace", NAMESPACE]);
    await kubectl.run([
      ...["create", "rolebinding", "deployer", "--clusterrole=admin", `--user=${deployer}`],
      `--namespace=${NAMESPACE}`,
    ]);
  });

  after(async () => {
    await deleteNamespace(NAMESPACE);
  });

  it("are not those of a namespace's administrator alone, to whom Kubernetes gives no right on routes", async () => {
    await assert.rejects(
      apply(await namespaced(), [...as, "--dry-run=server"]),
      /cannot patch resource "endpoint/,
    );
  });

  it("are those with the Role that the documentation has for it, for everything in the namespace", async () => {
    const page = readFileSync(join(PROJECT, "docs", "rights.md"), "utf8");
    const [role = ""] = /apiVersion: rbac[\s\S]*?(?=\s*```)/.exec(page) ?? [];
    const inPlace = role.replaceAll("\n  ", "\n").replace("namespace: databases", `namespace: ${NAMESPACE}`);
    await kubectl.run(["apply", "--filename=-"], inPlace);
    await kubectl.run([
      ...["create", "rolebinding", "deployer-routes", "--role=stateful-routes", `--user=${deployer}`],
      `--namespace=${NAMESPACE}`,
    ]);
    await apply(await namespaced(), as);
  });

  it("do not reach to a policy, which `admissionPolicy: false` does without", async () => {
    const [policy] = (await objectsOf(NAMESPACE, anyEngine.name)).filter(({ kind }) => kind === POLICY);
    await assert.rejects(apply([policy!], as), /validatingadmissionpolicies/);
    const without = await objectsOf(NAMESPACE, anyEngine.name, false);
    assert.ok(!without.some(({ kind }) => kind.startsWith(POLICY)));
  });

  async function namespaced(): Promise<KubernetesObject[]> {
    const both = await Promise.all(Object.keys(engines).map((engine) => objectsOf(NAMESPACE, engine, false)));
    return both.flat();
  }
});

const POLICY = "ValidatingAdmissionPolicy";

/** A pod of a database as far as its name and labels go, which no node takes. */
function standIn(name: string, engine: string, image: string): KubernetesObject {
  const [instance = ""] = name.split("-");
  const labels = {
    "app.kubernetes.io/name": engine,
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/component": "database",
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: NAMESPACE, labels },
    spec: {
      serviceAccountName: instance,
      nodeSelector: { "e2e-rights": "none" },
      containers: [{ name: "server", image }],
    },
  };
}

async function apply(objects: KubernetesObject[], options: string[] = []): Promise<void> {
  const manifests = objects.some(({ kind }) => kind === "Pod")
    ? JSON.stringify({ apiVersion: "v1", kind: "List", items: objects })
    : manifestsOf(objects, "a test");
  await kubectl.run(
    ["apply", "--server-side", "--field-manager=stateful", ...options, "--filename=-"],
    manifests,
  );
}

/** API servers take a policy into account a moment after it was made. */
async function enforced(act: (what: Act) => Promise<string>): Promise<void> {
  const end = Date.now() + 30_000;
  while (Date.now() < end) {
    const probe: Act = ["probe", "create", "configmap", "probe", "--dry-run=server"];
    const refused = await act(probe).then(
      () => false,
      (error: unknown) => error instanceof KubectlError && REFUSED.byPolicy.test(error.said),
    );
    if (refused) return;
    await sleep(250);
  }
  throw new Error("the policy is not enforced after 30 s");
}
