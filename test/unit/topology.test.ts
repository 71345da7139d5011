import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { agentRouteServices, readRouteNames } from "../../components/agents/agent-routes";
import { StatelessApp } from "../../components/application/stateless-app";
import { databaseOutputs } from "../../components/database/outputs";
import { ExposureType } from "../../components/network/args";
import { DatabaseNetwork } from "../../components/network/database-network";
import { PostgreSql } from "../../components/postgresql/component";
import { MySql } from "../../components/mysql/component";
import type { Topology } from "../../components/protocol/topology";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { record, valueOf } from "./support/recording";
import { DRIVER_FINDS, PROXIED, RING } from "./support/topologies";

/** A database of three with some topology. */
const place = { namespace: "shop", replicas: 3, database: "app" };

async function network(topology: Topology) {
  const exposure = { type: ExposureType.NodePort, sourceRanges: ["10.0.0.0/8"] };
  const recording = await record(
    () => new DatabaseNetwork("net", { ...place, database: "orders", engine: "toy", topology, exposure }),
  );
  const ports: number[] = recording
    .one("NetworkPolicy")
    .inputs["spec"].ingress[1].ports.map(({ port }: { port: number }) => port);
  return {
    ports,
    services: Object.fromEntries(
      recording.all("Service").map(({ inputs }) => [inputs["metadata"].name as string, inputs["spec"]]),
    ),
  };
}

async function outputs(topology: Topology, parameters?: Record<string, string>) {
  const credentials = {
    secretName: pulumi.output("secret"),
    username: pulumi.output("app"),
    passwordKey: pulumi.output("password"),
    password: pulumi.output("p/w"),
  };
  const certificate = { secretName: pulumi.output("tls") };
  const loginSecretName = pulumi.output("login");
  const parts = { topology, credentials, loginSecretName, certificate } as unknown as Parameters<
    typeof databaseOutputs
  >[2];
  return databaseOutputs("orders", place, parts, {
    scheme: "toy",
    ...(parameters ? { parameters } : {}),
  }) as ReturnType<typeof databaseOutputs> & Record<string, pulumi.Output<string>>;
}

describe("a database without a primary", () => {
  it("has one Service, which Kubernetes leads to its members, inside the cluster and from outside", async () => {
    const { services } = await network(RING);
    assert.deepEqual(Object.keys(services).sort(), ["orders", "orders-external", "orders-headless"]);
    assert.equal(services["orders"].selector["app.kubernetes.io/instance"], "orders");
    assert.equal(services["orders-external"].selector["role"], undefined);
    assert.equal(services["orders-external"].selector["app.kubernetes.io/instance"], "orders");
  });

  it("has no addresses that an agent writes, and no right to any", () => {
    assert.equal(agentRouteServices("orders", RING).size, 0);
    assert.deepEqual(readRouteNames("orders", RING), []);
  });

  it("puts the name of its members out, and that is where its URL leads", async () => {
    const made = await outputs(RING);
    assert.equal(await valueOf(made["nodeHost"]!), "orders.shop.svc");
    assert.equal(made["primaryHost"], undefined);
    assert.equal(await valueOf(made.connectionString), "toy://app:p%2Fw@orders.shop.svc:7000/app");
    assert.equal(await valueOf(made.port), 7000);
  });
});

describe("a database whose drivers find the primary", () => {
  const pods = [0, 1, 2].map((ordinal) => `orders-${ordinal}.orders-headless.shop.svc`);

  it("has no Service that follows the primary, and each other endpoint's own port", async () => {
    const { services, ports } = await network(DRIVER_FINDS);
    assert.deepEqual(Object.keys(services).sort(), ["orders-admin", "orders-external", "orders-headless"]);
    assert.deepEqual(
      services["orders-admin"].ports.map(({ port }: { port: number }) => port),
      [7001],
    );
    assert.deepEqual(ports, [7000, 7001]);
  });

  it("names all members in its URL, and to applications", async () => {
    const made = await outputs(DRIVER_FINDS);
    const list = pods.map((pod) => `${pod}:7000`).join(",");
    assert.equal(await valueOf(made.connectionString), `toy://app:p%2Fw@${list}/app`);
    assert.equal(await valueOf(pulumi.output(made.connection.host)), pods.join(","));
    assert.deepEqual(Object.keys(made.connection.hosts ?? {}), ["admin"]);
    assert.equal(made["membersHost"], undefined);
    assert.equal(await valueOf(made["adminHost"]!), "orders-admin.shop.svc");
  });

  it("puts what its drivers must be told behind the URL, and nothing where there is nothing", async () => {
    const made = await outputs(DRIVER_FINDS, { replicaSet: "orders", tls: "true" });
    assert.match(await valueOf(made.connectionString), /:7000\/app\?replicaSet=orders&tls=true$/);
    const odd = await outputs(RING, { options: "a b&c" });
    assert.match(await valueOf(odd.connectionString), /\/app\?options=a%20b%26c$/);
  });

  it("tells an application the port of an endpoint that has another one, and no port twice", async () => {
    const { connection } = await outputs(DRIVER_FINDS);
    assert.deepEqual(connection.ports, { admin: 7001 });
    assert.equal((await outputs(RING)).connection.ports, undefined);
    const recording = await record(
      () => new StatelessApp("web", { namespace: "shop", image: "web:1", port: 80, connection }),
    );
    const { env } = recording.one("Deployment", "web").inputs["spec"].template.spec.containers[0];
    const ports = env.filter(({ name }: { name: string }) => name.endsWith("_PORT"));
    assert.deepEqual(ports, [
      { name: "DATABASE_PORT", value: "7000" },
      { name: "DATABASE_ADMIN_PORT", value: "7001" },
    ]);
    await assert.rejects(
      record(
        () =>
          new StatelessApp("web", {
            ...{ namespace: "shop", image: "web:1", port: 80, connection },
            env: { DATABASE_ADMIN_PORT: "1" },
          }),
      ),
      /DATABASE_ADMIN_PORT/,
    );
  });
});

describe("a database whose engine leads clients to the primary", () => {
  it("lets agents read that address and not write it, and leaves a proxy's Service to the engine's component", async () => {
    assert.equal(agentRouteServices("orders", PROXIED).size, 0);
    assert.deepEqual(readRouteNames("orders", PROXIED), ["orders", "orders.ipv6"]);
    const { services } = await network(PROXIED);
    assert.deepEqual(Object.keys(services).sort(), ["orders", "orders-external", "orders-headless"]);
    assert.equal(services["orders"].selector, undefined);
    assert.equal(services["orders-external"].selector["role"], "primary");
    assert.equal(await valueOf((await outputs(PROXIED))["proxyHost"]!), "orders-proxy.shop.svc");
  });
});

describe("a database's connection", () => {
  it("is taken by an application whole: hosts, Secret, label and authority, and what the engine's drivers read", async () => {
    const recording = await record(() => {
      const orders = new PostgreSql("orders", { namespace: "shop", pooler: {} });
      const { connection } = orders;
      new StatelessApp("web", {
        namespace: "shop",
        image: "web:1",
        port: 80,
        connection,
        connectionPrefix: "DB",
      });
    });
    const { metadata, spec } = recording.one("Deployment", "web").inputs["spec"].template;
    const variables = Object.fromEntries(
      spec.containers[0].env.map(({ name, value, valueFrom }: any) => [
        name,
        value ?? valueFrom.secretKeyRef,
      ]),
    );
    assert.deepEqual(variables, {
      DB_HOST: "orders.shop.svc",
      DB_REPLICAS_HOST: "orders-replicas.shop.svc",
      DB_POOLER_HOST: "orders-pooler.shop.svc",
      DB_PORT: "5432",
      DB_NAME: "app",
      DB_USER: { name: "orders-login", key: "username" },
      DB_PASSWORD: { name: "orders-login", key: "password" },
      DB_CA: "/etc/stateful/database/ca.crt",
      NODE_EXTRA_CA_CERTS: "/etc/stateful/database/ca.crt",
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: "$(DB_CA)",
    });
    assert.equal(metadata.labels["orders-client"], "true");
  });
});

describe("what a component puts out", () => {
  const schemaNow = () =>
    JSON.parse(readFileSync(join(__dirname, "..", "..", "components", "schema.json"), "utf8")) as {
      resources: Record<string, { properties: Record<string, unknown> }>;
    };

  for (const [token, create] of [
    ["MySql", () => new MySql("orders", { namespace: "shop" })],
    [
      "PostgreSql",
      () => {
        const pooler = { poolSize: 5 };
        return new PostgreSql("orders", { namespace: "shop", replicas: 3, pooler, replicasPooler: pooler });
      },
    ],
  ] as const) {
    it(`is all that its class declares: ${token}`, async () => {
      let made: object = {};
      await record(() => (made = create()));
      const declared = Object.keys(schemaNow().resources[`stateful:index:${token}`]!.properties);
      const own = Object.keys(made).filter((key) => !key.startsWith("__") && key !== "urn");
      assert.deepEqual(own.sort(), declared.sort());
    });
  }
});
