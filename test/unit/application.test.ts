import assert from "node:assert/strict";
import { ExposureType, InvalidArgsError, StatelessApp, type StatelessAppArgs } from "../../components";
import { record, type Recording, valueOf } from "./support/recording";

const base: StatelessAppArgs = { namespace: "databases", image: "shop:1", port: 8080 };

const app = (args: Partial<StatelessAppArgs> = {}): Promise<Recording> =>
  record(() => new StatelessApp("shop", { ...base, ...args }));

function pod(recording: Recording): Record<string, any> {
  return recording.one("Deployment").inputs["spec"].template as Record<string, any>;
}

describe("StatelessApp", () => {
  it("runs two replicas behind a Service, and never fewer during an update", async () => {
    let made: StatelessApp | undefined;
    const recording = await record(() => {
      made = new StatelessApp("shop", base);
    });
    const { spec } = recording.one("Deployment").inputs;
    assert.equal(spec.replicas, 2);
    assert.deepEqual(spec.strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 });
    assert.equal(recording.one("PodDisruptionBudget").inputs["spec"].maxUnavailable, 1);
    assert.deepEqual(recording.one("Service").inputs["spec"].ports, [
      { name: "http", port: 80, targetPort: "http" },
    ]);
    assert.equal(await valueOf(made!.host), "shop.databases.svc");
    assert.equal(await valueOf(made!.port), 80);
  });

  it("gets a database's connection, the password from its Secret, and the label that lets it in", async () => {
    const recording = await app({
      connection: {
        host: "orders.databases.svc",
        hosts: { replicas: "orders-replicas.databases.svc" },
        port: 3306,
        database: "app",
        username: "app",
        secretName: "orders-credentials",
        clientOf: "orders",
      },
      env: { DSN: "mysql://$(DATABASE_HOST)" },
      secretEnv: { API_KEY: { secretName: "keys", key: "api" } },
    });
    const [{ env }] = pod(recording)["spec"].containers;
    assert.deepEqual(env, [
      { name: "DATABASE_HOST", value: "orders.databases.svc" },
      { name: "DATABASE_REPLICAS_HOST", value: "orders-replicas.databases.svc" },
      { name: "DATABASE_PORT", value: "3306" },
      { name: "DATABASE_NAME", value: "app" },
      { name: "DATABASE_USER", value: "app" },
      {
        name: "DATABASE_PASSWORD",
        valueFrom: { secretKeyRef: { name: "orders-credentials", key: "password" } },
      },
      { name: "API_KEY", valueFrom: { secretKeyRef: { name: "keys", key: "api" } } },
      { name: "DSN", value: "mysql://$(DATABASE_HOST)" },
    ]);
    assert.equal(pod(recording)["metadata"].labels["orders-client"], "true");
  });

  describe("with the authority of its database", () => {
    const connection = {
      host: "orders.databases.svc",
      port: 5432,
      database: "app",
      username: "app",
      secretName: "orders-credentials",
      caSecretName: "orders-tls",
      driverVariables: { PGSSLMODE: "verify-full", PGSSLROOTCERT: "$(DATABASE_CA)" },
    };
    const variables = async (args: Partial<StatelessAppArgs>): Promise<[string, unknown][]> => {
      const [{ env }] = pod(await app(args))["spec"].containers;
      return env.map(({ name, value }: { name: string; value: unknown }) => [name, value]);
    };

    it("mounts its certificate and nothing else, and is told where it is", async () => {
      const { spec } = pod(await app({ connection }));
      const [volume] = spec.volumes.filter(({ secret }: { secret?: object }) => secret);
      assert.deepEqual(volume.secret, {
        secretName: "orders-tls",
        defaultMode: 0o444,
        items: [{ key: "ca.crt", path: "ca.crt" }],
      });
      const mounts = spec.containers[0].volumeMounts as { name: string; mountPath: string }[];
      const { mountPath } = mounts.find(({ name }) => name === volume.name)!;
      const env = Object.fromEntries(await variables({ connection }));
      assert.equal(env["DATABASE_CA"], `${mountPath}/ca.crt`);
      assert.equal(env["NODE_EXTRA_CA_CERTS"], `${mountPath}/ca.crt`);
    });

    it("gives drivers their variables behind those that they refer to, and none that it sets itself", async () => {
      const names = (await variables({ connection })).map(([name]) => name);
      assert.ok(names.indexOf("PGSSLROOTCERT") > names.indexOf("DATABASE_CA"));
      const env = { PGSSLMODE: "prefer" };
      const secretEnv = { NODE_EXTRA_CA_CERTS: { secretName: "keys", key: "path" } };
      const own = (await variables({ connection, env, secretEnv })).filter(([name]) =>
        ["PGSSLMODE", "NODE_EXTRA_CA_CERTS"].includes(name),
      );
      assert.deepEqual(own, [
        ["NODE_EXTRA_CA_CERTS", undefined],
        ["PGSSLMODE", "prefer"],
      ]);
      const prefixed = Object.fromEntries(await variables({ connection, connectionPrefix: "SHOP" }));
      assert.match(String(prefixed["SHOP_CA"]), /ca\.crt$/);
    });

    it("has nothing of that where none is named", async () => {
      const recording = await app({ connection: { ...connection, caSecretName: undefined } });
      assert.doesNotMatch(JSON.stringify(pod(recording)), /_CA"|PGSSL|NODE_EXTRA|"secret":/);
    });
  });

  it("leaves the number of replicas to the autoscaler", async () => {
    const recording = await app({ autoscaling: { maxReplicas: 6 } });
    assert.equal("replicas" in recording.one("Deployment").inputs["spec"], false);
    const { spec } = recording.one("HorizontalPodAutoscaler").inputs;
    assert.deepEqual([spec.minReplicas, spec.maxReplicas], [2, 6]);
    assert.equal(spec.metrics[0].resource.target.averageUtilization, 70);
  });

  it("keeps its volume, and lets it go before the next pod takes it", async () => {
    const recording = await app({ replicas: 1, volume: { mountPath: "/files", storage: "5Gi" } });
    assert.equal(recording.one("PersistentVolumeClaim").opts.retainOnDelete, true);
    assert.deepEqual(recording.one("Deployment").inputs["spec"].strategy, { type: "Recreate" });
    assert.ok(
      pod(recording)["spec"].containers[0].volumeMounts.some(
        ({ mountPath }: { mountPath: string }) => mountPath === "/files",
      ),
    );
  });

  it("runs without privileges", async () => {
    const { spec } = pod(await app({ userId: 101 }));
    assert.equal(spec.securityContext.runAsNonRoot, true);
    assert.equal(spec.securityContext.runAsUser, 101);
    assert.equal(spec.containers[0].securityContext.readOnlyRootFilesystem, true);
    assert.equal(spec.automountServiceAccountToken, false);
  });

  it("is checked over HTTP where a path is given, else by its port", async () => {
    const http = pod(await app({ probe: { path: "/ready", startupSeconds: 30 } }))["spec"].containers[0];
    assert.deepEqual(http.readinessProbe.httpGet, { path: "/ready", port: "http" });
    assert.equal(http.startupProbe.failureThreshold, 30);
    const port = pod(await app())["spec"].containers[0];
    assert.deepEqual(port.readinessProbe.tcpSocket, { port: "http" });
  });

  it("is not restarted by what its readiness may depend on, such as the database", async () => {
    const liveness = async (probe: object) =>
      pod(await app({ probe: { path: "/ready", ...probe } }))["spec"].containers[0].livenessProbe;
    assert.deepEqual((await liveness({})).tcpSocket, { port: "http" });
    assert.equal((await liveness({})).httpGet, undefined);
    assert.deepEqual((await liveness({ livenessPath: "/live" })).httpGet, { path: "/live", port: "http" });
  });

  it("holds an exposure to its source ranges", async () => {
    const recording = await app({
      exposure: { type: ExposureType.NodePort, nodePort: 30080, sourceRanges: ["192.0.2.0/24"] },
    });
    const { from } = recording.one("NetworkPolicy").inputs["spec"].ingress[0];
    assert.deepEqual(from, [{ namespaceSelector: {} }, { ipBlock: { cidr: "192.0.2.0/24" } }]);
    const inside = (await app()).one("NetworkPolicy").inputs["spec"];
    assert.deepEqual(inside.ingress, [{ ports: [{ protocol: "TCP", port: 8080 }] }]);
  });

  it("refuses every mistake at once", () => {
    assert.throws(
      () =>
        new StatelessApp("shop", {
          ...base,
          port: 0,
          replicas: 0,
          autoscaling: { maxReplicas: 0, minReplicas: 3, targetCpuPercent: 0 },
          volume: { mountPath: "/x", storage: "5", accessMode: "Any" },
          env: { "a-b": "" },
          connectionPrefix: "1X",
        }),
      (error: unknown) => {
        assert.ok(error instanceof InvalidArgsError);
        assert.deepEqual(
          error.problems.map(({ key }) => key),
          [
            "shop.port",
            "shop.replicas",
            "shop.autoscaling.maxReplicas",
            "shop.autoscaling.targetCpuPercent",
            "shop.volume.accessMode",
            "shop.env.a-b",
            "shop.connectionPrefix",
          ],
        );
        return true;
      },
    );
  });
});
