import assert from "node:assert/strict";
import { InvalidArgsError, NodeMonitoring, type NodeMonitoringArgs } from "../../../components";
import { record, type Recording, valueOf } from "../support/recording";

const monitoring = (args: NodeMonitoringArgs = {}, name = "nodes"): Promise<Recording> =>
  record(() => new NodeMonitoring(name, args));
const podOf = (recording: Recording) => recording.one("DaemonSet").inputs["spec"].template.spec;
const argsOf = (recording: Recording): string[] => podOf(recording).containers[0].args as string[];

describe("the monitoring of nodes", () => {
  it("reads what everybody may read, as nobody, and writes nothing", async () => {
    const recording = await monitoring();
    const {
      containers,
      volumes,
      automountServiceAccountToken,
      hostNetwork,
      hostPID,
      hostIPC,
      securityContext,
    } = podOf(recording);
    assert.equal(automountServiceAccountToken, false);
    assert.equal(hostNetwork ?? hostPID ?? hostIPC, undefined);
    assert.deepEqual(securityContext, {
      runAsNonRoot: true,
      runAsUser: 65_534,
      runAsGroup: 65_534,
      seccompProfile: { type: "RuntimeDefault" },
    });
    const [container] = containers;
    assert.deepEqual(container.securityContext.capabilities, { drop: ["ALL"] });
    assert.equal(container.securityContext.readOnlyRootFilesystem, true);
    assert.ok(container.volumeMounts.every(({ readOnly }: any) => readOnly === true));
    assert.equal(volumes.length, 1);
    assert.deepEqual(podOf(recording).tolerations, [{ operator: "Exists" }]);
  });

  it("sees disks that are mounted on the node later, the volumes' too, and none of the pods' own mounts", async () => {
    const recording = await monitoring();
    const [mount] = podOf(recording).containers[0].volumeMounts;
    assert.equal(mount.mountPropagation, "HostToContainer");
    const [, pattern = ""] =
      /^--collector\.filesystem\.mount-points-exclude=(.*)$/.exec(
        argsOf(recording).find((one) => one.includes("mount-points-exclude")) ?? "",
      ) ?? [];
    const excluded = (path: string) => new RegExp(pattern).test(path);
    for (const path of ["/", "/mnt/data", "/data/disk1", "/var/lib/kubelet", "/run"])
      assert.ok(!excluded(path), path);
    for (const path of [
      "/proc",
      "/sys/fs/cgroup",
      "/run/containerd/x/rootfs",
      "/var/lib/kubelet/pods/1/volumes/a",
    ]) {
      assert.ok(excluded(path), path);
    }
  });

  it("has the node's network only where that is asked for", async () => {
    assert.ok(!argsOf(await monitoring()).includes("--collector.netdev"));
    const recording = await monitoring({ network: true });
    assert.equal(podOf(recording).hostNetwork, true);
    assert.ok(argsOf(recording).includes("--collector.netdev"));
  });

  it("says where it is, and is found by Prometheus", async () => {
    let made: NodeMonitoring | undefined;
    const recording = await record(() => {
      made = new NodeMonitoring("nodes", { monitoring: { podMonitor: { interval: "15s" } } });
    });
    assert.equal(await valueOf(made!.namespace), "stateful-nodes");
    assert.equal(await valueOf(made!.port), 9100);
    const [endpoint] = recording.one("PodMonitor").inputs["spec"].podMetricsEndpoints;
    assert.deepEqual(endpoint, { port: "metrics", path: "/metrics", interval: "15s" });
    const { template } = recording.one("DaemonSet").inputs["spec"];
    assert.equal(template.metadata.annotations["prometheus.io/port"], "9100");
  });

  it("tells of all mistakes at once", async () => {
    const args: NodeMonitoringArgs = {
      namespace: "A",
      image: "b:",
      maxUnavailable: "0",
      nodeLabels: { "a b": ["x"] },
      priorityClassName: "High",
      resources: { memory: "1Mi", cpu: "many" },
      monitoring: { podMonitor: { interval: "1h" }, scrapers: [{}] },
      labels: { "app.kubernetes.io/name": "x" },
    };
    await assert.rejects(monitoring(args), (error) => {
      assert.ok(error instanceof InvalidArgsError);
      assert.deepEqual(
        error.problems.map(({ key }) => key.replace("nodes.", "")).sort(),
        [
          ...["image", "labels.app.kubernetes.io/name", "maxUnavailable", "monitoring.podMonitor.interval"],
          ...["monitoring.scrapers[0]", "namespace", "nodeLabels.a b", "priorityClassName"],
          ...["resources.cpu", "resources.memory"],
        ].sort(),
      );
      return true;
    });
  });

  it("refuses shares that would update nothing, or what is none", async () => {
    for (const maxUnavailable of ["0%", "101%", "1.5", "-1", "ten", "", "0"]) {
      await assert.rejects(monitoring({ maxUnavailable }), InvalidArgsError, maxUnavailable);
    }
    for (const maxUnavailable of ["1", "100%", "1%", "33"]) await monitoring({ maxUnavailable });
  });
});
