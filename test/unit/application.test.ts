import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
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
    assert.equal(await valueOf(made!.host!), "shop.databases.svc");
    assert.equal(await valueOf(made!.port!), 80);
  });

  it("takes a connection that is known later, as another program's outputs are, just like one that is known", async () => {
    const connection = {
      host: "orders.databases.svc",
      hosts: { replicas: "orders-replicas.databases.svc" },
      port: 3306,
      database: "app",
      username: "app",
      secretName: "orders-credentials",
      caSecretName: "orders-tls",
      driverVariables: { PGSSLROOTCERT: "$(DATABASE_CA)" },
      clientOf: "orders",
    };
    const more = { env: { DSN: pulumi.output("mysql://$(DATABASE_HOST)") } };
    const known = pod(await app({ connection, ...more }));
    assert.equal(known["spec"].volumes.at(-1).secret.secretName, "orders-tls");
    assert.deepEqual(pod(await app({ connection: pulumi.output(connection), ...more })), known);
    assert.deepEqual(pod(await app({ connection: Promise.resolve(connection), ...more })), known);
    const parts = { ...connection, host: pulumi.output(connection.host), port: pulumi.output(3306) };
    assert.deepEqual(pod(await app({ connection: pulumi.output(parts), ...more })), known);
  });

  it("has each of several databases by variables of its own, with its certificate and the label that lets it in", async () => {
    const connectionTo = (name: string) => ({
      ...{ host: `${name}.db.svc`, port: 5432, database: "app", username: "app" },
      ...{ secretName: `${name}-credentials`, caSecretName: `${name}-tls`, clientOf: name },
      driverVariables: { PGSSLROOTCERT: "$(DATABASE_CA)" },
    });
    const stock = connectionTo("stock");
    const several = { connection: connectionTo("orders"), connections: { STOCK_2: stock } };
    const known = pod(await app(several));
    const [{ env, volumeMounts }] = known["spec"].containers;
    const value = (name: string) => env.find((one: any) => one.name === name)?.value;
    assert.equal(value("DATABASE_HOST"), "orders.db.svc");
    assert.equal(value("STOCK_2_HOST"), "stock.db.svc");
    assert.equal(value("DATABASE_CA"), "/etc/stateful/database/ca.crt");
    assert.equal(value("STOCK_2_CA"), "/etc/stateful/database-stock_2/ca.crt");
    // A driver has one such variable: that of the first.
    assert.equal(value("PGSSLROOTCERT"), "$(DATABASE_CA)");
    assert.equal(env.filter(({ name }: any) => name === "PGSSLROOTCERT").length, 1);
    assert.deepEqual(
      volumeMounts.map(({ mountPath }: any) => mountPath),
      ["/tmp", "/etc/stateful/database", "/etc/stateful/database-stock_2"],
    );
    assert.deepEqual(
      known["spec"].volumes.slice(1).map(({ name, secret }: any) => [name, secret.secretName]),
      [
        ["database-ca", "orders-tls"],
        ["database-stock-2-ca", "stock-tls"],
      ],
    );
    assert.equal(known["metadata"].labels["orders-client"], "true");
    assert.equal(known["metadata"].labels["stock-client"], "true");
    const later = { ...several, connections: { STOCK_2: pulumi.output(stock) } };
    assert.deepEqual(pod(await app(later)), known);
    const alone = pod(await app({ connections: { STOCK: stock } }))["spec"].containers[0].env;
    assert.equal(alone.find((one: any) => one.name === "PGSSLROOTCERT").value, "$(STOCK_CA)");
  });

  it("has nothing that leads to it without a port, and ends at once when it is told to", async () => {
    const recording = await app({ port: undefined, command: ["work"], args: ["--queue", "mail"] });
    assert.equal(recording.all("Service").length, 0);
    assert.deepEqual(recording.one("NetworkPolicy").inputs["spec"].ingress, []);
    const [container] = pod(recording)["spec"].containers;
    assert.deepEqual([container.command, container.args], [["work"], ["--queue", "mail"]]);
    for (const key of ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"])
      assert.ok(!(key in container), key);
  });

  it("runs what is to run before it with the same databases, variables and files, unless that says otherwise", async () => {
    const recording = await app({
      connection: { host: "a", port: 1, database: "b", username: "c", secretName: "d" },
      env: { MODE: "serve", KEEP: "1" },
      secretEnv: { API_KEY: { secretName: "keys", key: "api" } },
      userId: 1000,
      initContainers: [
        { name: "wait", image: "busybox:1", command: ["sh", "-c", "sleep 1"] },
        { name: "migrate", args: ["migrate"], env: { MODE: "migrate", API_KEY: "$(DATABASE_USER)" } },
      ],
    });
    const [wait, migrate] = pod(recording)["spec"].initContainers;
    const [main] = pod(recording)["spec"].containers;
    assert.deepEqual([wait.image, migrate.image], ["busybox:1", "shop:1"]);
    assert.deepEqual(wait.env, main.env);
    const all = (name: string) => migrate.env.filter((one: any) => one.name === name);
    assert.deepEqual(all("MODE"), [{ name: "MODE", value: "migrate" }]);
    assert.deepEqual(all("API_KEY"), [{ name: "API_KEY", value: "$(DATABASE_USER)" }]);
    assert.deepEqual(all("KEEP"), [{ name: "KEEP", value: "1" }]);
    assert.equal(all("DATABASE_PASSWORD").length, 1);
    assert.deepEqual(migrate.securityContext, main.securityContext);
    assert.deepEqual(migrate.volumeMounts, main.volumeMounts);
    assert.ok(!("livenessProbe" in migrate));
  });

  it("is not made where a connection that is known later cannot be", async () => {
    const connection = { host: "a", port: 1, database: "b", username: "c", secretName: "d" };
    const made = async (args: Partial<StatelessAppArgs>) => (await app(args)).all("Deployment").length;
    const later = (more: object) => pulumi.output({ ...connection, ...more });
    assert.equal(await made({ connection: later({}) }), 1);
    assert.equal(await made({ connection: later({ hosts: { "no-name": "e" } }) }), 0);
    assert.equal(await made({ connection: later({}), env: { DATABASE_HOST: "f" } }), 0);
  });

  it("gets the user from the Secret, too, where it changes with the password", async () => {
    const connection = {
      host: "a",
      port: 1,
      database: "b",
      username: "c_b",
      secretName: "d",
      usernameKey: "user",
    };
    const [{ env }] = pod(await app({ connection }))["spec"].containers;
    const user = env.find(({ name }: { name: string }) => name === "DATABASE_USER");
    assert.deepEqual(user, {
      name: "DATABASE_USER",
      valueFrom: { secretKeyRef: { name: "d", key: "user" } },
    });
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
