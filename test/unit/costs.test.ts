import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../render/cli";
import { describeCosts } from "../../render/costs/describe";
import { estimateCosts, hourlyPrices } from "../../render/costs/estimate";
import { DEFAULT_REGION, PRICES, pricesOf } from "../../render/costs/prices";
import type { KubernetesObject } from "../../render/program";

const UNITS = ["hour", "hour", "GiB-month", "IOPS-month", "MiB/s-month", "GiB-month"];

describe("list prices", () => {
  it("are complete for each region, each with its unit, its source, and a date that has been", () => {
    assert.ok(DEFAULT_REGION in PRICES);
    for (const [region, prices] of Object.entries(PRICES)) {
      assert.match(region, /^[a-z]{2}(-[a-z]+)+-\d$/);
      const all = pricesOf(prices);
      assert.deepEqual(
        all.map(({ unit }) => unit),
        UNITS,
        region,
      );
      for (const { usd, source, date } of all) {
        assert.ok(usd > 0 && usd < 10, `${region}: ${usd}`);
        assert.equal(new URL(source).protocol, "https:");
        assert.match(date, /^\d{4}-\d{2}-\d{2}$/);
        assert.equal(new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10), date);
        assert.ok(Date.parse(date) < Date.now(), `${region}: ${date}`);
      }
    }
  });

  it("come to the price of an instance, from those of its processors and its memory", () => {
    for (const prices of Object.values(PRICES)) {
      const { vcpu, gib } = hourlyPrices(prices);
      assert.ok(vcpu > gib && gib > 0);
      assert.ok(Math.abs(2 * vcpu + 8 * gib - prices.instances.generalPurpose.usd) < 1e-9);
      assert.ok(Math.abs(2 * vcpu + 16 * gib - prices.instances.memory.usd) < 1e-9);
    }
  });
});

const metadata = (instance: string) => ({
  name: instance,
  labels: { "app.kubernetes.io/instance": instance },
});

function running(kind: string, instance: string, replicas: number | undefined, ...more: object[]) {
  const container = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });
  const containers = [container("2", "8Gi"), ...more];
  const initContainers = [
    { ...container("1", "4Gi"), restartPolicy: "Always" },
    // It ends before the others begin.
    container("64", "512Gi"),
  ];
  const spec = { replicas, template: { spec: { initContainers, containers } } };
  return { apiVersion: "apps/v1", kind, metadata: metadata(instance), spec };
}

const claim = (instance: string, storage: string): KubernetesObject => ({
  ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: metadata(instance) },
  spec: { resources: { requests: { storage } } },
});

const storageClass = (parameters: object): KubernetesObject => ({
  ...{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "gp3" } },
  parameters,
});

const ofOrders = { instances: ["orders", "orders-pooler"], backupInS3: false };

/** What `orders` costs: processors and memory, and volumes. */
function costOf(objects: KubernetesObject[], region?: string): [number, number] {
  const databases = { orders: ofOrders };
  const costs = estimateCosts({ objects, databases, ...(region ? { region } : {}) })?.databases["orders"];
  assert.ok(costs);
  return [Math.round(costs.compute * 100) / 100, Math.round(costs.volumes * 100) / 100];
}

describe("an estimate of costs", () => {
  const gp3 = storageClass({ type: "gp3" });

  it("has what all pods reserve all the time, and nothing of others", () => {
    const set = running("StatefulSet", "orders", 3);
    // 3 vCPUs and 12 GiB of each of three, 730 hours.
    const compute = Math.round(3 * (3 * 0.03465 + 12 * 0.0039375) * 730 * 100) / 100;
    assert.deepEqual(costOf([gp3, set]), [compute, 0]);
    const others = [
      running("StatefulSet", "stock", 3),
      running("CronJob", "orders", 3),
      claim("stock", "1Ti"),
    ];
    assert.deepEqual(costOf([gp3, set, ...others]), [compute, 0]);
    // Paused; and what is scaled by somebody else, when there is something to do.
    assert.deepEqual(costOf([gp3, running("StatefulSet", "orders", 0)]), [0, 0]);
    assert.deepEqual(costOf([gp3, set, running("Deployment", "orders", undefined)]), [compute, 0]);
    const withPooler = costOf([gp3, set, running("Deployment", "orders-pooler", 3)]);
    assert.ok(Math.abs(withPooler[0] - 2 * compute) < 0.02);
  });

  /** What 612 GiB cost. */
  const PER_SIZE = 48.96;

  it("has the volumes, with the IOPS and the throughput that are not in their price", () => {
    const claims = [claim("orders", "100Gi"), claim("orders", "0.5Ti")];
    assert.deepEqual(costOf([gp3, ...claims]), [0, PER_SIZE]);
    assert.deepEqual(costOf([storageClass({ type: "gp3", iops: "3000", throughput: "125" }), ...claims]), [
      0,
      PER_SIZE,
    ]);
    const fast = storageClass({ type: "gp3", iops: "6000", throughput: "500" });
    assert.deepEqual(costOf([fast, ...claims]), [0, 108.96]);
    // Where these can be changed later, they stand in a class of their own.
    const attributes = { ...storageClass({ iops: "6000" }), kind: "VolumeAttributesClass" };
    assert.deepEqual(costOf([gp3, attributes, ...claims]), [0, 78.96]);
  });

  it("is none where nobody knows whose the volumes are", () => {
    const databases = { orders: ofOrders };
    assert.equal(estimateCosts({ objects: [claim("orders", "1Gi")], databases }), undefined);
    const other = storageClass({ type: "pd-ssd" });
    assert.equal(estimateCosts({ objects: [other, claim("orders", "1Gi")], databases }), undefined);
  });

  it("says whose prices it is by, and what is not in it", () => {
    const stock = { instances: ["stock"], backupInS3: false };
    const databases = { orders: { ...ofOrders, backupInS3: true }, stock };
    const objects = [gp3, claim("orders", "100Gi"), claim("stock", "1Gi")];
    const there = describeCosts(estimateCosts({ objects, databases, region: "us-east-1" })!);
    assert.match(there, /orders +0\.00 +8\.00 +8\.00\nstock +0\.00 +0\.08 +0\.08\nall of them +8\.08/);
    assert.match(there, /list prices of us-east-1 of \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d:/);
    assert.match(there, /0\.023 USD a month for each GiB of them in S3/);
    assert.match(there, /Not in it: .*traffic, load balancers, snapshots[\s\S]*control plane/);
    for (const region of ["eu-central-1", "toString"]) {
      const elsewhere = describeCosts(estimateCosts({ objects, databases, region })!);
      assert.ok(elsewhere.includes(`of us-east-1 (those of ${region} are not known here)`));
    }
    assert.doesNotMatch(describeCosts(estimateCosts({ objects, databases })!), /not known here/);
  });
});

describe("what is printed of costs", function () {
  this.timeout(60_000);
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stateful-costs-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  async function printed(config: string): Promise<string> {
    const file = join(directory, "Pulumi.mine.yaml");
    writeFileSync(file, `config:\n  ${config}\n`);
    let text = "";
    const { log, error } = console;
    console.log = console.error = (line: unknown) => {
      text += `${String(line)}\n`;
    };
    try {
      assert.equal(await main(["--stack", file, "--out", join(directory, "out")]), 0, text);
    } finally {
      Object.assign(console, { log, error });
    }
    return text;
  }

  const database = (more = "") =>
    `stateful:databases: { orders: { engine: postgresql, storage: 10Gi, replicas: 3${more} } }`;
  const cloud = (storage: string, more?: string) =>
    `stateful:target: cloud\n  stateful:storage: ${storage}\n  ${database(more)}`;

  it("is there for volumes of EBS alone", async () => {
    assert.match(await printed(cloud("{ type: gp3 }")), /\nESTIMATE .*\norders +\d+ +2\.40 +\d+\n/);
    assert.doesNotMatch(await printed(cloud("{ className: premium-rwo, existing: true }")), /ESTIMATE/);
    const local = `stateful:target: bare-metal\n  ${database()}`;
    assert.doesNotMatch(await printed(local), /ESTIMATE/);
  });

  it("counts a pooler, and nothing that a backup does at its times", async () => {
    const compute = async (more: string) =>
      Number(/\norders +(\d+)/.exec((await printed(cloud("{ type: gp3 }", more))).split("ESTIMATE")[1]!)![1]);
    const alone = await compute("");
    assert.ok((await compute(", pooler: { replicas: 2 }")) > alone);
    const s3 = "backup: { destination: { s3: { bucket: backups, identity: pod } } }";
    assert.equal(await compute(`, ${s3}`), alone);
    assert.match(await printed(cloud("{ type: gp3 }", `, ${s3}`)), /Backups: 0\.023 USD/);
  });
});
