import { strict as assert } from "node:assert";
import { spread } from "../../../bench/spread";
import { applyStack } from "../../../operate/deploy/apply";
import type { Claim, Volume } from "../../../operate/kube/objects";
import { manifestsOf, type RenderedStack } from "../../../operate/deploy/rendered-stack";
import { until } from "../../../cluster/wait";
import { clusterFacts, kubectl } from "../support/cluster/cluster";
import { anyEngine } from "../support/engines/registry";
import { Deployment } from "../support/deploy/deployment";
import { deleteNamespace } from "../support/cluster/namespaces";
import { createStorageClass, deleteStorageClass } from "../support/cluster/storage";
import { generalSuite, isLongRun, skip } from "../support/suites";
import { noteTiming } from "../support/report/summary";
import { Watch } from "../support/cluster/watch";

const NAMESPACE = "e2e-many-volumes";
const CLASS = NAMESPACE;
const DATABASES = 100;
const REPLICAS = 3;
const VOLUMES = DATABASES * REPLICAS;

/** Pairs of measurements; in every other one the order is reversed. A build has one: most of the time goes by with taking them away. */
const PAIRS = isLongRun ? 3 : 1;

/** What is promised: seconds for all volumes, and how much longer than plain `kubectl apply` it may take. */
const AT_MOST_SECONDS = 60;
const AT_MOST_RATIO = 1.5;

generalSuite(`${VOLUMES} volumes`, function () {
  this.timeout(600_000);
  let stack: RenderedStack;

  before(async function () {
    const { isTestBed, dynamicClass } = await clusterFacts();
    if (!isTestBed || dynamicClass === undefined)
      skip(this, "it is for the test bed: elsewhere volumes may cost money");
    const { provisioner, parameters } = dynamicClass;
    // The cluster's class waits for a pod with each volume; here it is the volumes alone that are measured.
    await createStorageClass(CLASS, {
      provisioner,
      parameters,
      reclaimPolicy: "Delete",
      volumeBindingMode: "Immediate",
    });
    await kubectl.run(["create", "namespace", NAMESPACE]);
    stack = await claimsOfManyDatabases();
  });

  after(async () => {
    await removeClaims();
    await deleteNamespace(NAMESPACE);
    await deleteStorageClass(CLASS);
  });

  it(`are bound in ${AT_MOST_SECONDS} s, and ${AT_MOST_RATIO} times what \`kubectl apply\` takes`, async () => {
    const manifests = manifestsOf(stack.objects, stack.file.file);
    const ways = [
      { seconds: [] as number[], apply: async () => applyStack(kubectl, stack) },
      { seconds: [] as number[], apply: async () => kubectl.run(["apply", "--filename=-"], manifests) },
    ] as const;
    for (let pair = 0; pair < PAIRS; pair++) {
      for (const way of pair % 2 === 0 ? ways : [...ways].reverse()) {
        way.seconds.push(await secondsUntilBound(way.apply));
        await removeClaims();
      }
    }
    const [ours, plain] = ways.map(({ seconds }) => spread(seconds).median) as [number, number];
    noteTiming(`${VOLUMES} volumes from claim to bound`, ours, AT_MOST_SECONDS);
    noteTiming(`${VOLUMES} volumes with kubectl apply`, plain);
    assert.ok(ours <= AT_MOST_SECONDS, `${ours} s`);
    assert.ok(ours / plain <= AT_MOST_RATIO, `${ours} s : ${plain} s`);
  });
});

/** A stack of many databases, of which only the claims are kept. */
async function claimsOfManyDatabases(): Promise<RenderedStack> {
  const names = Array.from({ length: DATABASES }, (_, index) => `orders-${index}`);
  const database = { engine: anyEngine.name, replicas: REPLICAS, storage: "1Gi" };
  const stack = await new Deployment(NAMESPACE, {
    storage: { className: CLASS, existing: true },
    databases: Object.fromEntries(names.map((name) => [name, database])),
  }).render();
  const objects = stack.objects.filter(({ kind }) => kind === "PersistentVolumeClaim");
  assert.equal(objects.length, VOLUMES);
  return { ...stack, objects };
}

/** Time from the order to apply the claims until the last of them is bound. */
async function secondsUntilBound(apply: () => Promise<unknown>): Promise<number> {
  const watch = new Watch<Claim>(NAMESPACE, ["persistentvolumeclaims"]);
  try {
    const bound = new Set<string>();
    const began = Date.now();
    const what = () => `${VOLUMES} claims to be bound, of which ${bound.size} are`;
    const last = watch.first(what, 120, ({ object }) => {
      if (object.status?.phase === "Bound") bound.add(object.metadata.name);
      return bound.size === VOLUMES;
    });
    const [{ at }] = await Promise.all([last, apply()]);
    return (at - began) / 1000;
  } finally {
    watch.close();
  }
}

/** Deletes the claims, and waits until their volumes are gone too. */
async function removeClaims(): Promise<void> {
  // kubectl would watch one claim after the other, which takes it a minute more than the deletion.
  await kubectl.run(["delete", "persistentvolumeclaims", "--all", "-n", NAMESPACE, "--wait=false"]);
  const none = async () => {
    const claims = await kubectl.list<Claim>("persistentvolumeclaims", NAMESPACE);
    const volumes = await kubectl.list<Volume>("persistentvolumes");
    return claims.length === 0 && volumes.every(({ spec }) => spec.storageClassName !== CLASS);
  };
  await until(none, { what: "the volumes to be deleted", timeoutSeconds: 120, everyMs: 1000 });
}
