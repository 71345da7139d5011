import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certified } from "./support/certified";
import { record, type Recording } from "./support/recording";
import { read, type RawConfig } from "./support/stack";
import { deployStack } from "../../stacks/stack";

/** A stack whose application uses the one database `orders` of the namespace `shop`. */
function deployed(database: object): Promise<Recording> {
  const config: RawConfig = {
    target: "bare-metal",
    namespace: "shop",
    databases: { orders: { storage: "10Gi", replicas: 3, ...database } },
    applications: { web: { image: "registry.example/web:1", port: 80, database: "orders" } },
  };
  return record(() => deployStack(read(config)));
}

function application(recording: Recording): { env: Record<string, string>; secrets: string[] } {
  const { spec } = recording.one("Deployment", "web").inputs["spec"].template;
  const variables = spec.containers[0].env as { name: string; value: string }[];
  const volumes = spec.volumes as { secret?: { secretName: string } }[];
  return {
    env: Object.fromEntries(variables.map(({ name, value }) => [name, value])),
    secrets: volumes.flatMap(({ secret }) => (secret ? [secret.secretName] : [])),
  };
}

describe("a stack's application and its database's certificate", function () {
  this.timeout(20_000);

  it("has every name in it that the application is given", async () => {
    const folder = mkdtempSync(join(tmpdir(), "names-"));
    const recording = await deployed({ engine: "postgresql", pooler: {} });
    const { dnsNames } = recording.one("CertRequest", "orders-tls-request").inputs as { dnsNames: string[] };
    const certificate = new X509Certificate(await certified(folder, dnsNames));
    const hosts = Object.entries(application(recording).env).filter(([name]) => name.endsWith("_HOST"));
    assert.deepEqual(
      hosts.map(([name]) => name),
      ["DATABASE_HOST", "DATABASE_REPLICAS_HOST", "DATABASE_POOLER_HOST"],
    );
    for (const [name, host] of hosts) assert.ok(certificate.checkHost(host), `${name}: ${host}`);
    rmSync(folder, { recursive: true });
  });

  it("asks cert-manager for the same names", async () => {
    const names = async (tls?: object) => {
      const recording = await deployed({ engine: "postgresql", pooler: {}, tls });
      return tls
        ? (recording.one("Certificate").inputs["spec"].dnsNames as string[])
        : (recording.one("CertRequest", "orders-tls-request").inputs["dnsNames"] as string[]);
    };
    assert.deepEqual(await names({ issuer: "internal" }), await names());
  });

  it("mounts the authority, wherever the certificate comes from", async () => {
    const secrets = async (tls?: object) => application(await deployed({ engine: "mysql", tls })).secrets;
    assert.deepEqual(await secrets(), ["orders-tls"]);
    assert.deepEqual(await secrets({ issuer: "internal" }), ["orders-tls"]);
    assert.deepEqual(await secrets({ existingSecret: "mine" }), ["mine"]);
  });

  it("verifies by what the engine's drivers read", async () => {
    const { env } = application(await deployed({ engine: "postgresql" }));
    assert.equal(env["PGSSLMODE"], "verify-full");
    assert.equal(env["PGSSLROOTCERT"], "$(DATABASE_CA)");
    assert.equal(application(await deployed({ engine: "mysql" })).env["PGSSLMODE"], undefined);
  });
});
