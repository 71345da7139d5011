import assert from "node:assert/strict";
import { ENGINE_NAMES } from "../../stacks/engines";
import { mirrored } from "../../stacks/images";
import { mistakes, read } from "./support/stack";

const REGISTRY = "registry.acme.example:5000/mirror";
const backup = { destination: { volume: { claim: "backups" } } };
const storage = { className: "manual", path: "/mnt/data", nodes: ["a", "b", "c"] };

/** Every image that is named anywhere below a value. */
function imagesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) =>
    /image$/i.test(key) && typeof entry === "string" ? [entry] : imagesIn(entry),
  );
}

describe("the images of a stack", () => {
  it("are those of a registry by the same path", () => {
    assert.equal(mirrored("docker.io/library/busybox:1.37", "r.example"), "r.example/library/busybox:1.37");
    assert.equal(mirrored("ghcr.io/a/b@sha256:0", "r:5000/m"), "r:5000/m/a/b@sha256:0");
    assert.equal(mirrored("library/busybox", "r.example"), "r.example/library/busybox");
    assert.equal(mirrored("docker.io/library/busybox", undefined), "docker.io/library/busybox");
  });

  for (const engine of ENGINE_NAMES) {
    it(`all come from the registry, and are pulled with the stack's Secrets: ${engine}`, () => {
      const images = { registry: REGISTRY, pullSecrets: ["acme"] };
      const { databases, applications, ...stack } = read({
        ...{ target: "bare-metal", images, storage },
        databases: { orders: { engine } },
        applications: { shop: { image: "docker.io/acme/shop:1", port: 80, databases: ["orders"] } },
      });
      const [orders] = databases;
      const found = [...imagesIn(orders!.args), ...imagesIn(stack.storage)];
      assert.ok(found.length >= 3, found.join());
      assert.deepEqual(
        found.filter((image) => !image.startsWith(`${REGISTRY}/`)),
        [],
      );
      assert.deepEqual(orders!.args.imagePullSecrets, ["acme"]);
      assert.deepEqual((stack.storage as any).nodeStoragePullSecrets, ["acme"]);
      assert.equal(applications[0]!.args.image, "docker.io/acme/shop:1", "what is named stays as it is");
      assert.deepEqual(applications[0]!.args.imagePullSecrets, ["acme"]);
    });
  }

  it("are also those of backups and poolers, and never those that are named", () => {
    const image = "own.example/a:1";
    const [orders, billing] = read({
      ...{ target: "bare-metal", images: { registry: REGISTRY }, backup },
      databases: {
        orders: { engine: "postgresql", pooler: { replicas: 2 } },
        billing: {
          ...{ engine: "postgresql", image, agentImage: image, imagePullSecrets: ["mine"] },
          ...{ pooler: { image }, backup: { image } },
        },
      },
    }).databases;
    assert.equal(imagesIn(orders!.args).length, 4);
    assert.ok(imagesIn(orders!.args).every((one) => one.startsWith(`${REGISTRY}/`)));
    assert.deepEqual([...new Set(imagesIn(billing!.args))], [image]);
    assert.deepEqual(billing!.args.imagePullSecrets, ["mine"]);
  });

  it("are also those of exporters, and never one that is named", () => {
    const image = "own.example/exporter:1";
    const [orders, billing, ring] = read({
      ...{ target: "bare-metal", images: { registry: REGISTRY }, monitoring: { exporter: true } },
      databases: {
        orders: { engine: "postgresql" },
        billing: { engine: "postgresql", monitoring: { exporter: { image } } },
        ring: { engine: "cassandra" },
      },
    }).databases;
    assert.match(
      orders!.args.monitoring?.exporter?.image as string,
      /^registry\.acme\.example:5000\/mirror\/prometheuscommunity\/postgres-exporter:v\d/,
    );
    assert.equal(billing!.args.monitoring?.exporter?.image, image);
    assert.equal(ring!.args.monitoring?.exporter, undefined);
  });

  it("are the defaults without it", () => {
    const [orders] = read({ target: "bare-metal", databases: { orders: { engine: "mysql" } } }).databases;
    assert.equal(orders!.args.agentImage, undefined);
    assert.equal(orders!.args.imagePullSecrets, undefined);
  });

  it("are refused where the registry's name cannot be one", () => {
    for (const registry of ["https://r.example", "r.example/", "r.example/Mirror", "acme"]) {
      const found = mistakes({
        target: "bare-metal",
        images: { registry },
        databases: { a: { engine: "mysql" } },
      });
      assert.ok(
        found.some(({ key }) => key === "stateful:images.registry"),
        registry,
      );
    }
    const images = { pullSecrets: ["A B"], registri: "x" };
    const keys = mistakes({ target: "bare-metal", images, databases: { a: { engine: "mysql" } } }).map(
      ({ key }) => key,
    );
    assert.deepEqual(keys.sort(), ["stateful:images.pullSecrets[0]", "stateful:images.registri"]);
  });

  for (const engine of ENGINE_NAMES) {
    it(`of a version that there is not are a mistake among others: ${engine}`, () => {
      const found = mistakes({
        target: "bare-metal",
        databases: { a: { engine, version: "1.0", storage: "1GB" } },
      });
      const keys = found.map(({ key }) => key);
      assert.ok(keys.includes("stateful:databases.a.version"), keys.join());
      assert.ok(!keys.includes("stateful:databases.a.image"), "nobody named one");
    });
  }
});
