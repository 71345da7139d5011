import assert from "node:assert/strict";
import { LogCollection, type LogDestinationArgs } from "../../../components";
import { record, type Recording } from "../support/recording";

const collection = (to: LogDestinationArgs): Promise<Recording> =>
  record(() => new LogCollection("logs", { podNamespace: "shop", to }));

interface Config {
  pipeline: { outputs: Record<string, unknown>[] };
}

const configOf = (recording: Recording): Config =>
  JSON.parse(recording.one("ConfigMap").inputs["data"]["fluent-bit.yaml"]) as Config;
const podOf = (recording: Recording) => recording.one("DaemonSet").inputs["spec"].template.spec;
const outputOf = async (to: LogDestinationArgs): Promise<Record<string, unknown>> => {
  const [output] = configOf(await collection(to)).pipeline.outputs;
  assert.ok(output);
  return output;
};

const credentials = { existingSecret: "login" };

describe("what is sent on", () => {
  it("goes to Loki, with few labels, and by a certificate whose name fits", async () => {
    const output = await outputOf({ loki: { url: "https://loki.acme:3100/", tenant: "a", credentials } });
    assert.deepEqual(
      ["name", "host", "port", "uri", "tls", "tls.verify", "tls.verify_hostname", "tenant_id"].map(
        (key) => output[key],
      ),
      ["loki", "loki.acme", 3100, undefined, true, true, true, "a"],
    );
    assert.equal(output["http_passwd"], "${LOG_PASSWORD}");
  });

  it("goes to OpenSearch, below a path, each once", async () => {
    const output = await outputOf({
      openSearch: { url: "https://search.acme/logs/", credentials, index: "db" },
    });
    assert.deepEqual(
      ["name", "port", "path", "logstash_prefix", "generate_id", "suppress_type_name"].map(
        (key) => output[key],
      ),
      ["opensearch", 443, "/logs", "db", true, true],
    );
  });

  it("goes by HTTP, with a token in a header, or to one that asks for nothing", async () => {
    const secure = await outputOf({
      http: { url: "https://in.acme/x", credentials: { ...credentials, token: true } },
    });
    assert.equal(secure["header"], "Authorization Bearer ${LOG_TOKEN}");
    assert.equal(secure["http_user"], undefined);
    const plain = await outputOf({ http: { url: "http://[2001:db8::1]:8080/x", anonymous: true } });
    assert.deepEqual(
      [plain["host"], plain["port"], plain["uri"], plain["tls"]],
      ["2001:db8::1", 8080, "/x", undefined],
    );
  });

  it("goes to a bucket, whose output has attempts and a buffer of its own", async () => {
    const output = await outputOf({
      s3: { bucket: "acme", endpoint: "https://s3.acme:9000", credentials },
    });
    assert.equal(output["store_dir"], "/var/lib/fluent-bit/s3");
    assert.equal(output["store_dir_limit_size"], 512 * 1024 ** 2);
    assert.ok(Number(output["retry_limit"]) > 100_000, "no_limits would be five");
    assert.equal(output["storage.total_limit_size"], undefined);
    assert.match(output["s3_key_format"] as string, /\$UUID/);
  });

  it("goes to a bucket by a role, which the pods' account has", async () => {
    const recording = await collection({ s3: { bucket: "acme", identity: "pod" } });
    const { metadata, automountServiceAccountToken } = recording.one("ServiceAccount").inputs;
    assert.equal(metadata.name, "logs");
    assert.equal(automountServiceAccountToken, false);
    assert.equal(podOf(recording).serviceAccountName, "logs");
  });

  it("logs in by a Secret that is there, and no file or argument holds what is in it", async () => {
    for (const [to, names] of [
      [{ loki: { url: "https://a", credentials } }, ["LOG_USERNAME", "LOG_PASSWORD"]],
      [{ http: { url: "https://a", credentials: { ...credentials, token: true } } }, ["LOG_TOKEN"]],
      [{ s3: { bucket: "acme", credentials } }, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]],
      [{ loki: { url: "http://a", anonymous: true } }, []],
    ] as [LogDestinationArgs, string[]][]) {
      const recording = await collection(to);
      const [container] = podOf(recording).containers;
      const secret = container.env.filter(({ name }: any) => name !== "NODE_NAME");
      assert.deepEqual(
        secret.map(({ name }: any) => name),
        names,
      );
      for (const { value, valueFrom } of secret) {
        assert.equal(value, undefined);
        assert.equal(valueFrom.secretKeyRef.name, "login");
      }
      assert.deepEqual(container.command, [
        "/fluent-bit/bin/fluent-bit",
        "--config=/etc/fluent-bit/fluent-bit.yaml",
      ]);
      assert.deepEqual(recording.all("Secret"), []);
    }
  });

  it("knows the authority of a receiver's certificate by a Secret", async () => {
    const recording = await collection({ loki: { url: "https://a", anonymous: true, caSecret: "ca" } });
    assert.equal(configOf(recording).pipeline.outputs[0]!["tls.ca_file"], "/etc/stateful/ca/ca.crt");
    const { containers, volumes } = podOf(recording);
    assert.ok(volumes.some(({ secret }: any) => secret?.secretName === "ca"));
    assert.ok(containers[0].volumeMounts.some(({ mountPath }: any) => mountPath === "/etc/stateful/ca"));
  });
});
