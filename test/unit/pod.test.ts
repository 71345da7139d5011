import assert from "node:assert/strict";
import type { PodArgs } from "../../components";
import { ENGINE_NAMES, engineOf } from "../../stacks/engines";
import { record, type Recording } from "./support/recording";

const POD: PodArgs = {
  priorityClassName: "databases",
  runtimeClassName: "gvisor",
  schedulerName: "other",
  labels: { "acme.com/cost": "shop" },
  annotations: { "acme.com/note": "pods alone" },
  env: { TZ: "Europe/Berlin" },
  secretEnv: { LICENSE: { secretName: "license", key: "text" } },
  volumes: [
    { name: "words", configMap: "stop-words" },
    { name: "keys", secret: "shipper" },
    { name: "spool", size: "64Mi" },
  ],
  mounts: [{ volume: "words", path: "/mnt/words" }],
  sidecars: [
    {
      name: "shipper",
      image: "acme/shipper:1",
      args: ["--from", "/spool"],
      env: { LEVEL: "info" },
      mounts: [
        { volume: "keys", path: "/keys" },
        { volume: "spool", path: "/spool" },
      ],
      userId: 2000,
    },
  ],
};

for (const engine of ENGINE_NAMES) {
  describe(`${engine}: what pods have beside what makes them members`, () => {
    const made = async (more: object = {}): Promise<Recording> =>
      record(() => engineOf(engine).create("orders", { namespace: "databases", ...more }));
    const template = (recording: Recording) =>
      recording.one("StatefulSet").inputs["spec"].template as Record<string, any>;
    let plain: Record<string, any>;
    let recording: Recording;
    let changed: Record<string, any>;

    before(async () => {
      plain = template(await made());
      recording = await made({
        pod: POD,
        annotations: { "acme.com/all": "x" },
        serviceAnnotations: { "acme.com/balance": "internal" },
        serviceAccountAnnotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/orders" },
      });
      changed = template(recording);
    });

    it("is nothing unless it is asked for", () => {
      for (const key of ["priorityClassName", "runtimeClassName", "schedulerName"])
        assert.ok(!(key in plain["spec"]), key);
      assert.ok(!plain["spec"].containers.some(({ name }: { name: string }) => name === "shipper"));
    });

    it("is who goes first, what runs them and who places them", () => {
      const { priorityClassName, runtimeClassName, schedulerName } = changed["spec"];
      assert.deepEqual(
        [priorityClassName, runtimeClassName, schedulerName],
        ["databases", "gvisor", "other"],
      );
    });

    it("is labels and annotations of theirs, beside those that they are found by", () => {
      const { labels, annotations } = changed["metadata"];
      assert.deepEqual(labels, { ...plain["metadata"].labels, "acme.com/cost": "shop" });
      assert.equal(annotations["acme.com/note"], "pods alone");
      assert.equal(annotations["acme.com/all"], "x");
      assert.deepEqual(
        recording.one("StatefulSet").inputs["spec"].selector.matchLabels["app.kubernetes.io/instance"],
        "orders",
      );
    });

    it("is variables and mounts of the server, whose own win", () => {
      const [before] = plain["spec"].containers;
      const [server] = changed["spec"].containers;
      assert.deepEqual(server.env.slice(-before.env.length), before.env);
      assert.deepEqual(
        server.env.slice(0, -before.env.length).map(({ name }: { name: string }) => name),
        ["LICENSE", "TZ"],
      );
      assert.deepEqual(server.volumeMounts.slice(0, -1), before.volumeMounts);
      assert.deepEqual(server.volumeMounts.at(-1), {
        name: "pod-words",
        mountPath: "/mnt/words",
        readOnly: true,
      });
      assert.deepEqual(
        { ...server, env: [], volumeMounts: [] },
        { ...before, env: [], volumeMounts: [] },
        "and nothing else",
      );
    });

    it("is containers that have nothing of the server's, and end before the agent does", () => {
      const { initContainers, volumes } = changed["spec"];
      const containers = changed["spec"].containers as Record<string, any>[];
      const before = plain["spec"].containers as unknown[];
      assert.deepEqual(
        initContainers.map(({ name }: { name: string }) => name),
        plain["spec"].initContainers.map(({ name }: { name: string }) => name),
        "the agent alone is one that ends last",
      );
      assert.equal(containers.length, before.length + 1);
      const shipper = containers.at(-1)!;
      assert.equal(shipper["name"], "shipper");
      assert.deepEqual(shipper["volumeMounts"], [
        { name: "pod-keys", mountPath: "/keys", readOnly: true },
        { name: "pod-spool", mountPath: "/spool", readOnly: false },
      ]);
      const { securityContext, resources } = shipper as { securityContext: any; resources: any };
      assert.equal(securityContext.runAsUser, 2000);
      assert.equal(securityContext.readOnlyRootFilesystem, true);
      assert.deepEqual(securityContext.capabilities, { drop: ["ALL"] });
      assert.equal(resources.limits.memory, "128Mi");
      assert.ok(!("lifecycle" in shipper) && !("readinessProbe" in shipper));
      const [words, keys, spool] = volumes.slice(-3);
      assert.deepEqual(words, { name: "pod-words", configMap: { name: "stop-words" } });
      assert.equal(keys.secret.secretName, "shipper");
      assert.deepEqual(spool.emptyDir, { sizeLimit: "64Mi" });
    });

    it("is not what Services and the account have, which have their own", () => {
      const annotated = recording
        .all("Service")
        .map(({ inputs }) => (inputs["metadata"].annotations ?? {}) as Record<string, string>)
        .filter((annotations) => annotations["acme.com/all"] === "x");
      // The governing Service, and that of an endpoint at least.
      assert.ok(annotated.length >= 2);
      for (const annotations of annotated) {
        assert.equal(annotations["acme.com/balance"], "internal");
        assert.ok(!("acme.com/note" in annotations));
      }
      assert.ok(!("acme.com/balance" in changed["metadata"].annotations));
      const accounts = recording
        .all("ServiceAccount")
        .map(({ inputs }) => inputs["metadata"].annotations?.["eks.amazonaws.com/role-arn"]);
      assert.deepEqual(accounts, ["arn:aws:iam::1:role/orders"]);
    });
  });
}
