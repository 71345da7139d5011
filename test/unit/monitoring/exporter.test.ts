import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type MonitoringArgs, PrometheusObjects } from "../../../components";
import { until } from "../../../cluster/wait";
import { ENGINE_NAMES, engineOf } from "../../../stacks/engines";
import { record, type Recording } from "../support/recording";

const WITH = ENGINE_NAMES.filter((name) => engineOf(name).exporter !== undefined);

const database = (engine: (typeof ENGINE_NAMES)[number], monitoring?: MonitoringArgs): Promise<Recording> =>
  record(() =>
    engineOf(engine).create(
      "orders",
      engineOf(engine).resolve({ namespace: "shop", ...(monitoring ? { monitoring } : {}) }),
    ),
  );
const podOf = (recording: Recording) => recording.one("StatefulSet").inputs["spec"].template.spec;
const containerOf = (recording: Recording) =>
  podOf(recording).containers.find(({ name }: { name: string }) => name === "exporter");

describe("an engine's exporter", function () {
  this.timeout(20_000);

  for (const engine of WITH) {
    const { port = 0, image } = engineOf(engine).exporter ?? {};

    it(`is nowhere unless it is asked for: ${engine}`, async () => {
      for (const monitoring of [undefined, {}, { exporter: { enabled: false } }]) {
        const text = JSON.stringify((await database(engine, monitoring)).resources);
        assert.doesNotMatch(text, /exporter/i);
      }
    });

    it(`is a container that can neither keep the server from starting nor take the pod's readiness: ${engine}`, async () => {
      const recording = await database(engine, { exporter: {} });
      const { initContainers, containers } = podOf(recording);
      assert.ok(!initContainers.some(({ name }: { name: string }) => name === "exporter"));
      assert.equal(containers[0].name === "exporter", false, "the server's is the first");
      const exporter = containerOf(recording);
      assert.equal(exporter.image, image);
      for (const probe of ["readinessProbe", "livenessProbe", "startupProbe"]) {
        assert.equal(exporter[probe], undefined);
      }
      assert.deepEqual(exporter.ports, [{ name: "exporter", containerPort: port }]);
      assert.equal(exporter.securityContext.readOnlyRootFilesystem, true);
      assert.equal(exporter.resources.limits.memory, "128Mi");
      assert.deepEqual(
        exporter.env.find(({ name }: { name: string }) => name === "GOMEMLIMIT"),
        { name: "GOMEMLIMIT", value: "102MiB" },
      );
    });

    it(`has a password from the members' Secret, by a file that the agent writes and nothing else: ${engine}`, async () => {
      const recording = await database(engine, { exporter: {} });
      const secret = recording.one("SecretPatch", "orders-credentials-members-values").inputs["stringData"];
      assert.ok("exporter-password" in secret);
      const exporter = containerOf(recording);
      assert.deepEqual(exporter.volumeMounts, [
        { name: "exporter", mountPath: "/run/exporter", readOnly: true },
      ]);
      assert.doesNotMatch(JSON.stringify(exporter), /secretKeyRef|credentials|generated/);
      const { volumes, initContainers } = podOf(recording);
      const volume = volumes.find(({ name }: { name: string }) => name === "exporter");
      assert.equal(volume.emptyDir.medium, "Memory");
      const agent = initContainers.find(({ name }: { name: string }) => name === "agent");
      assert.ok(
        agent.volumeMounts.some(({ mountPath }: { mountPath: string }) => mountPath === "/run/exporter"),
      );
      const { sources } = volumes.find(({ name }: { name: string }) => name === "credentials").projected;
      assert.match(JSON.stringify(sources), /"key":"exporter-password"/);
    });

    it(`is reached by whom the database names, beside the agent's figures, and else by nobody: ${engine}`, async () => {
      const portsOf = async (scrapers: MonitoringArgs["scrapers"]) => {
        const { ingress } = (await database(engine, { exporter: {}, scrapers: scrapers ?? [] })).one(
          "NetworkPolicy",
        ).inputs["spec"];
        return ingress.map(({ ports = [] }: any) => ports.map((one: { port: number }) => one.port));
      };
      assert.deepEqual((await portsOf([{ namespace: "monitoring" }])).at(-1), [8391, port]);
      assert.ok(!(await portsOf([])).flat().includes(port));
    });
  }

  it("is found by the operator by its port's name, with its database's name", async () => {
    const monitor = async (exporter: boolean) =>
      (
        await record(
          () =>
            new PrometheusObjects("shop", {
              namespace: "shop",
              databases: [
                { name: "orders", replicas: 3, exporter },
                { name: "ring", replicas: 3 },
              ],
              podMonitor: { interval: "15s" },
            }),
        )
      ).one("PodMonitor").inputs["spec"].podMetricsEndpoints;
    assert.equal((await monitor(false)).length, 1);
    assert.deepEqual((await monitor(true))[1], {
      port: "exporter",
      path: "/metrics",
      interval: "15s",
      relabelings: [
        {
          sourceLabels: ["__meta_kubernetes_pod_label_app_kubernetes_io_instance"],
          targetLabel: "database",
        },
      ],
    });
  });

  it("is run again when it ends, in a container that goes on, and ends with that", async () => {
    const folder = mkdtempSync(join(tmpdir(), "exporter-"));
    try {
      const [engine = "postgresql"] = WITH;
      const { command } = containerOf(await database(engine, { exporter: {} }));
      const program = command[4] as string;
      for (const [name, body] of [
        [program, `echo run >> ${folder}/runs; exit 3`],
        ["sleep", "exec /bin/sleep 0.1"],
      ] as const) {
        writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
        chmodSync(join(folder, name), 0o755);
      }
      const path = `${folder}${delimiter}${process.env["PATH"] ?? ""}`;
      const child = spawn(command[0], command.slice(1), {
        env: { PATH: path },
        stdio: ["ignore", "ignore", "pipe"],
      });
      let said = "";
      child.stderr.on("data", (text: Buffer) => (said += text.toString()));
      const ended = new Promise<number | null>((done) => child.on("exit", done));
      await until(async () => said.split("ended with 3").length > 3, {
        what: "it to be run again and again",
        timeoutSeconds: 10,
      });
      assert.equal(child.exitCode, null);
      child.kill("SIGTERM");
      assert.equal(await ended, 0);
      assert.ok(readFileSync(join(folder, "runs"), "utf8").split("\n").length > 3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
