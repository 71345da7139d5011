import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { until } from "../../../cluster/wait";
import { kubectl } from "../support/cluster/cluster";
import { sqlEngines } from "../support/engines/registry";
import { engineSuite, skip } from "../support/suites";
import { withPulumi } from "./with-pulumi";

// One stack through its life, by Pulumi itself. The tests build on one another.

/** In these words Pulumi says that it does not replace, or not delete, what is protected. */
const PROTECTED =
  /unable to replace resource "urn:[^"]+"|cannot be deleted[\s\S]{0,20}because it is protected/;

for (const engine of sqlEngines) {
  engineSuite(engine.name, "by Pulumi, on volumes that the cluster makes", function () {
    this.timeout("10m");
    this.slow("1m");

    const stack = withPulumi("dynamic", engine);
    const passwords = new Set<string>();

    async function noteSecrets(): Promise<void> {
      for (const secret of await stack().surroundings.orders.secrets()) passwords.add(secret);
    }

    it("up: a database that takes a row", async () => {
      await stack().change({});
      await stack().writeRow("written after the first up");
      await noteSecrets();
    });

    it("refresh finds no drift, and a second up changes nothing", async () => {
      await stack().assertSettled();
    });

    it("a label reaches every claim, and restarts no pod", async () => {
      await stack().assertNoRestart(() => stack().change({ labels: { team: "checkout" } }));
      for (const labels of await stack().surroundings.orders.claimLabels()) {
        assert.equal(labels["team"], "checkout");
      }
    });

    it("volumes grow, and no pod restarts", async () => {
      const { orders } = stack().surroundings;
      await stack().assertNoRestart(async () => {
        await stack().change({ storage: "2Gi" });
        await until(async () => (await orders.sizes()).every((size) => size === "2Gi"), {
          what: "the volumes to be as large as the claims ask",
          timeoutSeconds: 120,
        });
      });
    });

    it("a smaller volume is refused at preview", async () => {
      await stack().configure({ storage: "1Gi" });
      await stack().assertRefused(/cannot shrink from 2Gi to 1Gi/, () =>
        stack().surroundings.project.preview(),
      );
    });

    it("another name is refused at preview", async () => {
      await stack().configure({}, {}, "purchases");
      await stack().assertRefused(PROTECTED, () => stack().surroundings.project.preview());
    });

    it("another namespace is refused at preview", async () => {
      const { project, namespace } = stack().surroundings;
      await stack().configure({}, { namespace: `${namespace}-other` });
      await stack().assertRefused(PROTECTED, () => project.preview());
    });

    it("another storage class is refused at preview", async function () {
      const { project, storage } = stack().surroundings;
      const classes = await kubectl.list("storageclasses");
      const other = classes.map(({ metadata }) => metadata.name).find((name) => name !== storage.className);
      if (other === undefined) {
        skip(this, "the cluster has one storage class only");
      }
      await stack().configure({}, { storage: { className: other, existing: true } });
      await stack().assertRefused(/spec is immutable after creation/, () => project.preview());
    });

    const { refusesOtherVersion } = engine;
    if (refusesOtherVersion !== undefined) {
      it("another major version is refused at preview", async function () {
        const { project, cluster } = stack().surroundings;
        const [other] = cluster.otherVersions[engine.name];
        if (other === undefined) {
          skip(this, "the cluster has an image of one version only");
        }
        await stack().configure(other);
        await stack().assertRefused(refusesOtherVersion, () => project.preview());
      });
    }

    it("destroy is refused, though nobody looks at its preview", async () => {
      await stack().configure();
      await stack().assertRefused(PROTECTED, () => stack().surroundings.project.destroy());
    });

    it("another cluster than the stack's is refused", async () => {
      await stack().configure({}, { cluster: { uid: randomUUID() } });
      const up = () => stack().surroundings.project.up();
      await stack().assertRefused(/This is not the cluster that the stack is for/, up);
    });

    it("1 replica becomes 3, on the data of the one", async () => {
      const { orders } = stack().surroundings;
      const first = (await orders.volumes())["data-orders-0"];
      await stack().change({ replicas: 3 });
      const volumes = await orders.volumes();
      assert.equal(Object.keys(volumes).length, 3);
      assert.equal(volumes["data-orders-0"], first);
      await stack().assertRows();
    });

    it("5, then 3, then 5 replicas: each comes back to its own volume", async () => {
      const { orders } = stack().surroundings;
      await stack().change({ replicas: 5 });
      const volumes = await orders.volumes();
      assert.equal(Object.keys(volumes).length, 5);
      await stack().writeRow("written with five replicas");

      await stack().change({ replicas: 3 });
      assert.equal(await orders.count("pods"), 3);
      assert.deepEqual(await orders.volumes(), volumes);
      await stack().writeRow("written with three again");

      await stack().change({ replicas: 5 });
      assert.equal(await orders.count("pods"), 5);
      assert.deepEqual(await orders.volumes(), volumes);
      await stack().assertRows();
    });

    it("a pause stops all members, and they go on with their data", async () => {
      const { project, orders } = stack().surroundings;
      const volumes = await orders.volumes();
      await stack().change({ paused: true });
      await until(async () => (await orders.count("pods")) === 0, {
        what: "the pods to be gone",
        timeoutSeconds: 120,
      });
      assert.deepEqual(await orders.volumes(), volumes);
      await stack().configure({ replicas: 3 });
      await stack().assertRefused(/replicas cannot go from 5 to 3 while it is paused/, () =>
        project.preview(),
      );

      await stack().change({ paused: false });
      assert.equal(await orders.count("pods"), 5);
      assert.deepEqual(await orders.volumes(), volumes);
      await stack().assertRows();
    });

    it("passwords rotate, and no pod restarts", async () => {
      const { orders } = stack().surroundings;
      await stack().change({ replicas: 3 });
      const before = await orders.login();
      await stack().assertNoRestart(async () => {
        await stack().change({ passwordRotation: "2" });
        const after = await orders.login();
        assert.notEqual(after.password, before.password);
        await until(async () => (await orders.sql("SELECT 1", after)).length === 1, {
          what: "the new password to work",
          timeoutSeconds: 180,
        });
      });
      // Applications that have not been told yet go on with the one before.
      await stack().assertRows(before);
      await noteSecrets();
    });

    it("destroy keeps data and passwords, and the next up works with them", async () => {
      const { project, orders } = stack().surroundings;
      await stack().assertNoRestart(() => stack().change({ deletionProtection: false }));

      const [volumes, login] = [await orders.volumes(), await orders.login()];
      await project.destroy();
      await until(async () => (await orders.count("pods")) === 0, {
        what: "the pods to be gone",
        timeoutSeconds: 120,
      });
      assert.deepEqual(await orders.volumes(), volumes);
      assert.deepEqual(await orders.login(), login);

      await stack().change({});
      assert.deepEqual(await orders.volumes(), volumes);
      assert.deepEqual(await orders.login(), login);
      await stack().assertRows();
      await stack().assertSettled();
      await noteSecrets();
    });

    it("a later life of the stack can change what the first one made", async () => {
      await stack().assertNoRestart(() => stack().change({ storage: "3Gi", labels: { team: "payments" } }));
      for (const labels of await stack().surroundings.orders.claimLabels()) {
        assert.equal(labels["team"], "payments");
      }
    });

    // Pulumi's own verbose logs (--debug, -v) print every value that passes through; the docs say so.
    it("state, history and output hold no password and no private key", async () => {
      const { project } = stack().surroundings;
      const places = {
        state: [await project.exportState()],
        backend: await project.backendFiles(),
        output: [project.transcript.join("")],
      };
      assert.ok(passwords.size >= 6, `there are ${passwords.size} passwords to look for`);
      for (const [place, texts] of Object.entries(places)) {
        assert.ok(texts.join("").includes("orders-credentials"), `${place} is what it should be`);
        for (const password of passwords) {
          for (const form of [password, Buffer.from(password).toString("base64")]) {
            assert.ok(!texts.some((text) => text.includes(form)), `${place} holds a secret`);
          }
        }
      }
    });

    it("dataPolicy: delete deletes nothing by itself; destroy then does", async () => {
      const { project, orders } = stack().surroundings;
      const [claims, names] = [await orders.volumes(), await orders.volumesInUse()];
      assert.equal(names.length, 3);
      await stack().change({ dataPolicy: "delete" });
      assert.deepEqual(await orders.volumes(), claims);
      await stack().assertRows();

      await project.destroy();
      await until(
        async () => {
          const left = await kubectl.list("persistentvolumes");
          return !left.some(({ metadata }) => names.includes(metadata.name));
        },
        { what: "the volumes of the stack to be gone", timeoutSeconds: 120 },
      );
      assert.equal(await orders.count("secrets"), 0);
      // Those of the fourth and fifth replica left the stack while it kept its data.
      assert.equal(await orders.count("persistentvolumeclaims"), 2);
    });
  });
}
