import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CertificateAuthority,
  DatabaseCertificate,
  type DatabaseCertificateArgs,
  MySql,
  type TlsArgs,
} from "../../components";
import { Problems } from "../../components/common/problems";
import { checkTls } from "../../components/tls/checks";
import { certificateState } from "../../render/certificates";
import { SecretsFile } from "../../render/secrets";
import { certified } from "./support/certified";
import { type Answers, isSecret, record, type Recording, valueOf } from "./support/recording";

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A provider whose certificates are texts that say what they are. */
const fresh: Answers = ({ type, name }) => {
  if (type.endsWith(":PrivateKey")) return { privateKeyPem: `key of ${name}` };
  if (type.endsWith("Cert")) return { certPem: `certificate of ${name}` };
  return type.endsWith(":CertRequest") ? { certRequestPem: `request of ${name}` } : undefined;
};

async function certificate(
  args: Partial<DatabaseCertificateArgs>,
  live: Record<string, string> = {},
): Promise<{ recording: Recording; made: DatabaseCertificate }> {
  let made: DatabaseCertificate | undefined;
  const recording = await record(
    () => {
      made = new DatabaseCertificate("orders-tls", { database: "orders", namespace: "shop", ...args });
    },
    {
      answers: (resource) =>
        resource.type.endsWith(":Secret") && resource.name !== "orders-tls"
          ? { data: Object.fromEntries(Object.entries(live).map(([key, text]) => [key, base64(text)])) }
          : fresh(resource),
    },
  );
  return { recording, made: made! };
}

async function serverConfig(tls: TlsArgs): Promise<string> {
  const recording = await record(() => new MySql("orders", { namespace: "shop", tls }));
  return recording.one("ConfigMap", "orders-config").inputs["data"]["my.cnf"] as string;
}

describe("TLS", () => {
  it("is there without being asked for: an authority of the database's own signs its names", async () => {
    const { recording, made } = await certificate({ tls: { dnsNames: ["db.example.com"] } });
    const { dnsNames } = recording.one("CertRequest").inputs as { dnsNames: string[] };
    for (const name of [
      "orders",
      "orders.shop.svc",
      "orders-replicas.shop.svc.cluster.local",
      "*.orders-headless.shop.svc.cluster.local",
      "orders-external.shop.svc",
      "db.example.com",
    ]) {
      assert.ok(dnsNames.includes(name), name);
    }
    assert.deepEqual(recording.one("Secret", "orders-tls").inputs["stringData"], {
      "ca.crt": "certificate of orders-ca-certificate",
      "tls.crt": "certificate of orders-tls-certificate",
      "tls.key": "key of orders-tls-key",
    });
    assert.equal(await valueOf(made.secretName), "orders-tls");
    assert.equal(await valueOf(made.caCertificate!), "certificate of orders-ca-certificate");
    assert.equal(await isSecret(made.caCertificate!), false, "clients are to read it");
  });

  it("keeps the authority when the stack goes, and finds it again: clients trust it", async () => {
    const { recording } = await certificate({}, { "tls.crt": "kept certificate", "tls.key": "kept key" });
    assert.equal(recording.one("Secret", "orders-ca").opts.retainOnDelete, true);
    assert.deepEqual(recording.one("SecretPatch").inputs["stringData"], {
      "tls.crt": "kept certificate",
      "tls.key": "kept key",
    });
    const signed = recording.one("LocallySignedCert").inputs;
    assert.deepEqual([signed["caCertPem"], signed["caPrivateKeyPem"]], ["kept certificate", "kept key"]);
    assert.equal(recording.one("Secret", "orders-tls").inputs["stringData"]["ca.crt"], "kept certificate");
  });

  it("refuses half an authority rather than overwrite it", async () => {
    let authority: CertificateAuthority | undefined;
    await assert.rejects(
      record(
        () => {
          authority = new CertificateAuthority("ca", { namespace: "shop" });
        },
        {
          answers: (resource) =>
            resource.type.endsWith(":Secret") ? { data: { "tls.key": base64("key") } } : fresh(resource),
        },
      ).then(() => valueOf(authority!.certificate)),
      /ca holds half of a certificate authority/,
    );
  });

  it("renews a certificate without being in the way of deletion protection", async () => {
    const recording = await record(() => new MySql("orders", { namespace: "shop" }), { answers: fresh });
    for (const kind of ["PrivateKey", "CertRequest", "SelfSignedCert", "LocallySignedCert"]) {
      for (const { name, opts } of recording.all(kind)) assert.equal(opts.protect, false, name);
    }
    const { validityPeriodHours, earlyRenewalHours } = recording.one("LocallySignedCert").inputs;
    assert.ok(earlyRenewalHours >= 24 * 180 && earlyRenewalHours < validityPeriodHours);
  });

  it("lasts as long as its authority in a stack that nobody touches, and is a year old in one that is", async () => {
    const { recording } = await certificate({});
    const { validityPeriodHours, earlyRenewalHours } = recording.one("LocallySignedCert").inputs;
    assert.equal(validityPeriodHours, recording.one("SelfSignedCert").inputs["validityPeriodHours"]);
    assert.equal(validityPeriodHours - earlyRenewalHours, 365 * 24);
  });

  it("has an address as an address: clients look for it in another field", async () => {
    const tls = { dnsNames: ["10.9.0.1", "db.example.com", "fd00::1"] };
    const own = (await certificate({ tls })).recording.one("CertRequest").inputs;
    assert.deepEqual(own["ipAddresses"], ["10.9.0.1", "fd00::1"]);
    assert.deepEqual((own["dnsNames"] as string[]).slice(-1), ["db.example.com"]);
    assert.equal((await certificate({})).recording.one("CertRequest").inputs["ipAddresses"], undefined);
    const issuer = { name: "inner" };
    const { spec } = (await certificate({ tls: { ...tls, issuer } })).recording.one("Certificate").inputs;
    assert.deepEqual(spec.ipAddresses, ["10.9.0.1", "fd00::1"]);
  });

  it("refuses what is neither a name nor an address", () => {
    const problems = new Problems("orders");
    const wrong = [
      "10.9.0.1:3306",
      "300.1.1.1",
      "10.9.0.0/16",
      "[fd00::1]",
      "fd00::1::2",
      "10.9.0",
      "a_b",
      "",
    ];
    checkTls({ dnsNames: [...wrong, "10.9.0.1", "*.example.com", "db.3com.com"] }, problems);
    assert.deepEqual(
      problems.found.map(({ value }) => value),
      wrong,
    );
  });

  it("takes a Secret of somebody else's, and says which keys it lacks", async () => {
    const tls = { existingSecret: "mine" };
    const all = { "ca.crt": "authority", "tls.crt": "certificate", "tls.key": "key" };
    const { recording, made } = await certificate({ tls }, all);
    assert.equal(await valueOf(made.secretName), "mine");
    assert.equal(await valueOf(made.caCertificate!), "authority");
    assert.deepEqual(recording.all("PrivateKey"), []);
    const lacking = await certificate({ tls }, { "tls.crt": "certificate" });
    await assert.rejects(valueOf(lacking.made.caCertificate!), /mine has no key "ca.crt", "tls.key"/);
  });

  it("does not take one without the database's name where a pooler goes by it, and says which name it lacks", async () => {
    const folder = mkdtempSync(join(tmpdir(), "existing-"));
    const made = async (...dnsNames: string[]) => await certified(folder, dnsNames);
    const tls = { existingSecret: "mine" };
    const pooled = { tls, proxies: ["orders-pooler"], proxiesVerify: ["orders"] };
    const ca = async (args: Partial<DatabaseCertificateArgs>, pem: string) => {
      const found = { "ca.crt": "authority", "tls.crt": pem, "tls.key": "key" };
      return valueOf((await certificate(args, found)).made.caCertificate!);
    };
    const other = await made("db.example.com", "orders");
    await assert.rejects(
      ca(pooled, other),
      /mine: .*lacks the name orders\.shop\.svc, .*orders-pooler\.shop\.svc/,
    );
    await assert.rejects(
      ca({ ...pooled, proxiesVerify: ["orders-replicas"] }, await made("orders.shop.svc")),
      /which it knows by orders-replicas\.shop\.svc\. /,
    );
    assert.equal(await ca({ ...pooled, proxiesVerify: [] }, other), "authority");
    assert.equal(await ca({ tls }, other), "authority");
    assert.equal(await ca(pooled, await made("*.shop.svc")), "authority");
    rmSync(folder, { recursive: true });
  });

  it("asks cert-manager for a certificate of an issuer", async () => {
    const { recording, made } = await certificate({
      tls: { issuer: { name: "inner", kind: "ClusterIssuer" } },
    });
    const { metadata, spec } = recording.one("Certificate").inputs;
    assert.equal(metadata.namespace, "shop");
    assert.equal(spec.secretName, await valueOf(made.secretName));
    assert.deepEqual(spec.issuerRef, { name: "inner", kind: "ClusterIssuer", group: "cert-manager.io" });
    assert.ok((spec.dnsNames as string[]).includes("orders.shop.svc"));
    assert.equal(made.caCertificate, undefined);
    assert.equal(recording.all("Secret").length, 0);
  });

  it("has members verify each other, unless told not to, and clients use it only when told", async () => {
    const strict = await serverConfig({ required: true });
    assert.match(strict, /^require_secure_transport = ON$/m);
    assert.match(strict, /group_replication_ssl_mode = VERIFY_CA$/m);
    assert.match(strict, /group_replication_recovery_ssl_ca = \/etc\/stateful\/tls\/ca.crt$/m);
    assert.match(strict, /clone_ssl_ca = \/etc\/stateful\/tls\/ca.crt$/m);
    const lax = await serverConfig({ verifyMembers: false });
    assert.match(lax, /^require_secure_transport = OFF$/m);
    assert.match(lax, /group_replication_ssl_mode = REQUIRED$/m);
    assert.doesNotMatch(lax, /recovery_ssl_ca|clone_ssl_ca/);
  });

  describe("in rendered manifests", () => {
    let folder = "";
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "render-tls-"));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    async function rendered(
      dnsNames: string[],
      ipAddresses?: string[],
      allowedUses = ["server_auth"],
    ): Promise<{ authority: X509Certificate; server: X509Certificate }> {
      const secrets = new SecretsFile(join(folder, "secrets.json"));
      const recording: Record<string, Record<string, string>> = {};
      for (const [type, name, inputs] of [
        ["privateKey:PrivateKey", "ca-key", {}],
        ["privateKey:PrivateKey", "key", {}],
      ] as const) {
        recording[name] = (await certificateState(`tls:index/${type}`, name, inputs, secrets)) as never;
      }
      const state = async (type: string, inputs: Record<string, unknown>) =>
        (await certificateState(`tls:index/${type}`, type, inputs, secrets)) as Record<string, string>;
      const caPrivateKeyPem = recording["ca-key"]!["privateKeyPem"]!;
      const { certPem: caCertPem } = await state("selfSignedCert:SelfSignedCert", {
        privateKeyPem: caPrivateKeyPem,
        subject: { commonName: "ca" },
        validityPeriodHours: 100,
      });
      const { certRequestPem } = await state("certRequest:CertRequest", {
        privateKeyPem: recording["key"]!["privateKeyPem"],
        subject: { commonName: "orders" },
        dnsNames,
        ipAddresses,
      });
      const { certPem } = await state("locallySignedCert:LocallySignedCert", {
        certRequestPem,
        caCertPem,
        caPrivateKeyPem,
        validityPeriodHours: 100,
        earlyRenewalHours: 50,
        allowedUses,
      });
      secrets.save();
      return { authority: new X509Certificate(caCertPem!), server: new X509Certificate(certPem!) };
    }

    it("comes from the secrets file: the same as long as it fits, and signed anew by the same authority when not", async () => {
      const first = await rendered(["orders", "*.orders-headless.shop.svc"]);
      assert.ok(first.authority.ca && first.server.verify(first.authority.publicKey));
      assert.equal(first.server.checkHost("orders-1.orders-headless.shop.svc"), "*.orders-headless.shop.svc");
      const again = await rendered(["orders", "*.orders-headless.shop.svc"]);
      assert.equal(again.server.fingerprint256, first.server.fingerprint256);
      const renamed = await rendered(["sales"]);
      assert.equal(renamed.authority.fingerprint256, first.authority.fingerprint256);
      assert.equal(renamed.server.checkHost("sales"), "sales");
      assert.ok(renamed.server.verify(first.authority.publicKey));
    });

    it("has addresses, and is the same as long as these are", async () => {
      const addresses = ["10.9.0.1", "fd00::1"];
      const first = await rendered(["orders"], addresses);
      assert.equal(first.server.checkIP("fd00::1"), "fd00::1");
      assert.equal(first.server.checkIP("10.9.0.1"), "10.9.0.1");
      assert.equal(
        (await rendered(["orders"], addresses)).server.fingerprint256,
        first.server.fingerprint256,
      );
      const without = await rendered(["orders"]);
      assert.notEqual(without.server.fingerprint256, first.server.fingerprint256);
      assert.equal(without.server.checkIP("10.9.0.1"), undefined);
    });

    it("is for servers, and for clients where that is asked for", async () => {
      const [SERVER, CLIENT] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];
      assert.deepEqual((await rendered(["orders"])).server.keyUsage, [SERVER]);
      const both = await rendered(["orders"], undefined, ["server_auth", "client_auth"]);
      assert.deepEqual(both.server.keyUsage, [SERVER, CLIENT]);
    });

    it("is valid an hour before it was made: clocks differ", async () => {
      const { authority, server } = await rendered(["orders"]);
      for (const { validFrom } of [authority, server]) {
        const age = Date.now() - Date.parse(validFrom);
        assert.ok(age >= 3_600_000 && age < 3_700_000, validFrom);
      }
    });

    it("is made anew when the key in the file is another one", async () => {
      const first = await rendered(["orders"]);
      const path = join(folder, "secrets.json");
      const values = JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;
      delete values["key"];
      writeFileSync(path, JSON.stringify(values), { mode: 0o600 });
      const second = await rendered(["orders"]);
      assert.notEqual(second.server.fingerprint256, first.server.fingerprint256);
      assert.equal(second.authority.fingerprint256, first.authority.fingerprint256);
    });
  });
});
