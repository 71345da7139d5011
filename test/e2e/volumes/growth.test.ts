import { strict as assert } from "node:assert";
import { until } from "../../../cluster/wait";
import { NOTICES } from "../../../components/protocol/annotations";
import { claimName } from "../../../components/protocol/names";
import { KubectlError } from "../../../operate/kube/kubectl";
import type { Claim } from "../../../operate/kube/objects";
import { clusterFacts, kubectl } from "../support/cluster/cluster";
import { storageOf } from "../support/cluster/storage";
import { Deployment } from "../support/deploy/deployment";
import { anyEngine } from "../support/engines/registry";
import { noteTiming } from "../support/report/summary";
import { engineSuite, skip } from "../support/suites";

const DATABASE = "orders";
const NAMESPACE = "e2e-growth";
const MEMBERS = [0, 1, 2];

/** Three looks, ten seconds apart, and what the disk and its file system take. */
const OWN_SECONDS = 90;
/** The others are told by a file that kubelets bring within a minute or two. */
const OTHERS_SECONDS = 240;

engineSuite(anyEngine.name, "on volumes that grow by themselves", function () {
  this.timeout(600_000);
  let deployment: Deployment;
  let wanted: object;
  let fillers = 0;

  const claims = async (): Promise<(Claim | undefined)[]> =>
    Promise.all(
      MEMBERS.map(async (member) =>
        kubectl.get<Claim>("persistentvolumeclaim", claimName(DATABASE, member), NAMESPACE),
      ),
    );
  const requested = async () => (await claims()).map((claim) => claim?.spec.resources.requests.storage);
  const uids = async () =>
    Promise.all(
      MEMBERS.map(async (n) => (await kubectl.get("pod", `${DATABASE}-${n}`, NAMESPACE))?.metadata.uid),
    );

  /** Takes so much more of the last member's volume, by a file of its own: XFS wants room for all of one that is made longer. */
  async function take(mebibytes: number): Promise<void> {
    const line = `fallocate -l ${mebibytes}M ${anyEngine.volume}/stateful/filler-${fillers++}`;
    await kubectl.run(["exec", "-n", NAMESPACE, `${DATABASE}-2`, "-c", "agent", "--", "sh", "-c", line]);
  }

  const grownTo = async (member: number, size: string): Promise<boolean> =>
    (await claims())[member]?.status?.capacity?.storage === size;

  const asAgent = async (object: string, patch: object): Promise<string> =>
    kubectl.run([
      ...["patch", object, "-n", NAMESPACE, "--type=merge", `--patch=${JSON.stringify(patch)}`],
      `--as=system:serviceaccount:${NAMESPACE}:${DATABASE}`,
    ]);

  async function wish(more: object): Promise<void> {
    deployment.change({ databases: { [DATABASE]: { ...wanted, ...more } } });
    await deployment.apply();
    await deployment.healthy();
  }

  before(async function () {
    const facts = await clusterFacts();
    if (facts.dynamicClass?.allowVolumeExpansion !== true) {
      skip(this, "the cluster's default class lets no volume grow");
    }
    wanted = {
      engine: anyEngine.name,
      ...facts.database[anyEngine.name],
      replicas: 3,
      storage: "1Gi",
      storageGrowth: { upTo: "3Gi", atPercent: 60 },
      resources: { cpu: "100m", memory: "768Mi" },
      affinity: { spread: "preferred" },
      deletionProtection: false,
    };
    deployment = new Deployment(NAMESPACE, {
      storage: storageOf("dynamic", NAMESPACE, facts),
      databases: { [DATABASE]: wanted },
    });
    await deployment.apply();
    await deployment.healthy();
  });

  after(async () => {
    await deployment.delete();
  });

  it("makes all of them larger when one is too full, and restarts nothing", async () => {
    assert.deepEqual(await requested(), ["1Gi", "1Gi", "1Gi"]);
    const before = await uids();
    await take(700);
    const began = performance.now();
    await until(() => grownTo(2, "2Gi"), { what: "the larger volume", timeoutSeconds: OWN_SECONDS });
    noteTiming("a volume that is too full is larger", (performance.now() - began) / 1000, OWN_SECONDS);
    await until(async () => (await grownTo(0, "2Gi")) && (await grownTo(1, "2Gi")), {
      what: "the others' larger volumes",
      timeoutSeconds: OTHERS_SECONDS,
    });
    assert.deepEqual(await uids(), before);
  });

  it("keeps their size when the stack is deployed again", async () => {
    const before = await uids();
    await wish({});
    assert.deepEqual(await requested(), ["2Gi", "2Gi", "2Gi"]);
    assert.deepEqual(await uids(), before);
  });

  it("ends at the limit, and says so", async () => {
    await take(700);
    await until(() => grownTo(2, "3Gi"), { what: "the larger volume", timeoutSeconds: OWN_SECONDS });
    await take(500);
    await until(
      async () => {
        const pod = await kubectl.get("pod", `${DATABASE}-2`, NAMESPACE);
        return pod?.metadata.annotations?.[NOTICES]?.includes("storageGrowth.upTo") === true;
      },
      { what: "the notice", timeoutSeconds: OWN_SECONDS },
    );
    assert.equal((await requested())[2], "3Gi");
  });

  it("lets the database's account change nothing else of claims, and no more than that", async () => {
    const refused = (error: Error) => error instanceof KubectlError && /denied request/.test(error.message);
    const claim = `persistentvolumeclaim/${claimName(DATABASE, 0)}`;
    const size = (storage: string) => ({ spec: { resources: { requests: { storage } } } });
    await assert.rejects(asAgent(claim, size("4Gi")), refused);
    await assert.rejects(asAgent(claim, { metadata: { labels: { mine: "true" } } }), refused);
    await assert.rejects(asAgent(claim, { metadata: { annotations: { mine: "true" } } }), refused);
    await assert.rejects(asAgent(claim, { metadata: { finalizers: [] } }), refused);
    const written = `configmap/${DATABASE}-growth`;
    await assert.rejects(asAgent(written, { data: { "storage-size": "4Gi" } }), refused);
    await assert.rejects(asAgent(written, { data: { "storage-size": "large" } }), refused);
    await assert.rejects(asAgent(written, { data: { "growth.json": "{}" } }), refused);
    await assert.rejects(asAgent(written, { data: { more: "1" } }), refused);
    await asAgent(written, { data: { "storage-size": "3Gi" } });
  });

  it("takes a size from the stack that is larger than what they have grown to", async () => {
    await wish({ storage: "4Gi", storageGrowth: { upTo: "5Gi" } });
    assert.deepEqual(await requested(), ["4Gi", "4Gi", "4Gi"]);
  });
});
