import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { extract } from "tar";
import { main } from "../../../operate/cli/report";
import { KubectlError } from "../../../operate/kube/kubectl";
import { collect } from "../../../operate/report/collect";
import { redactor, shownObject, withoutLiterals } from "../../../operate/report/redact";
import { FakeKubectl } from "./fake-kubectl";
import { stackOf } from "./project";
import { quiet } from "./quiet";

const PASSWORD = `p"w'd/with&all of it`;
const KEY_LINE = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
const PEM = `-----BEGIN PRIVATE KEY-----\n${KEY_LINE}\nAAAA\n-----END PRIVATE KEY-----\n`;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const LABELS = { "app.kubernetes.io/part-of": "stateful", "app.kubernetes.io/component": "database" };

/** Everything in which a password may stand. */
function leaking(): Record<string, any>[] {
  const at = (kind: string, name: string, rest: object = {}) => ({
    kind,
    metadata: {
      name,
      namespace: "shop",
      labels: LABELS,
      managedFields: [{ manager: "x" }],
      annotations: {
        "kubectl.kubernetes.io/last-applied-configuration": `{"data":{"password":"${base64(PASSWORD)}"}}`,
        note: `it is ${PASSWORD}`,
      },
    },
    ...rest,
  });
  return [
    {
      ...at("Secret", "orders"),
      data: { username: base64("app"), password: base64(PASSWORD), "tls.key": base64(PEM) },
    },
    at("ConfigMap", "orders", {
      data: { json: JSON.stringify({ url: encodeURIComponent(PASSWORD) }), key: PEM },
    }),
    at("StatefulSet", "orders", {
      spec: { template: { spec: { containers: [{ env: [{ name: "API_TOKEN", value: "typed-in" }] }] } } },
    }),
    at("Pod", "orders-0", {
      spec: {},
      status: {
        containerStatuses: [
          { name: "mysql", restartCount: 1 },
          { name: "agent", restartCount: 0 },
        ],
      },
    }),
    {
      ...at("Pod", "web-0", { spec: {}, status: { containerStatuses: [{ name: "web", restartCount: 0 }] } }),
      metadata: {
        name: "web-0",
        namespace: "shop",
        labels: { ...LABELS, "app.kubernetes.io/component": "application" },
      },
    },
    {
      kind: "PersistentVolume",
      metadata: { name: "ours" },
      spec: { claimRef: { namespace: "shop", name: "data" } },
    },
    {
      kind: "PersistentVolume",
      metadata: { name: "theirs" },
      spec: { claimRef: { namespace: "other", name: "x" } },
    },
  ];
}

class Cluster extends FakeKubectl {
  constructor(
    objects: Record<string, any>[],
    private readonly forbidden: string[] = [],
  ) {
    super(objects);
  }

  override async run(args: string[], input?: string): Promise<string> {
    const [verb = "", kind = ""] = args;
    if (this.forbidden.includes(kind) || this.forbidden.includes(verb)) {
      throw new KubectlError(args, `Error from server (Forbidden): ${kind} is forbidden`);
    }
    if (verb === "version") return "{}";
    if (verb === "logs")
      return `${args.includes("--previous") ? "before" : "now"}: identified by '${PASSWORD}'\n${KEY_LINE}\n`;
    if (kind === "--raw") return JSON.stringify({ said: PASSWORD });
    return await super.run(args, input);
  }
}

describe("a report for somebody who helps", () => {
  it("holds objects, logs and what the agents say, and no value of a Secret in any form", async () => {
    const { files, missing } = await collect(new Cluster(leaking()), { namespace: "shop" });
    assert.deepEqual(missing, []);
    for (const path of [
      "objects/statefulsets/orders.yaml",
      "objects/persistentvolumes/ours.yaml",
      "objects/secrets/orders.yaml",
      "agents/orders-0.json",
      "logs/orders-0/mysql.log",
      "logs/orders-0/mysql.previous.log",
      "logs/orders-0/agent.log",
      "events.json",
    ]) {
      assert.ok(files.has(path), path);
    }
    assert.ok(!files.has("objects/persistentvolumes/theirs.yaml"), "another namespace's volume");
    assert.ok(!files.has("logs/web-0/web.log"), "an application's log that nobody asked for");
    for (const [path, text] of files) {
      for (const secret of [PASSWORD, base64(PASSWORD), encodeURIComponent(PASSWORD), KEY_LINE, "typed-in"]) {
        assert.ok(!text.includes(secret), `${path} holds ${secret}:\n${text}`);
      }
      assert.ok(!text.includes(JSON.stringify(PASSWORD).slice(1, -1)), `${path}:\n${text}`);
    }
    assert.match(
      files.get("logs/orders-0/mysql.log") ?? "",
      /now: identified by '\[redacted: orders, password\]'/,
    );
    assert.match(files.get("objects/secrets/orders.yaml") ?? "", /password: '\[redacted: \d+ bytes\]'/);
  });

  it("holds the applications' logs where it is told to", async () => {
    const { files } = await collect(new Cluster(leaking()), { namespace: "shop" }, { applications: true });
    assert.ok(files.has("logs/web-0/web.log"));
  });

  it("says what could not be seen, and holds no log where nobody could see what is secret", async () => {
    const { files, missing } = await collect(new Cluster(leaking(), ["secrets", "nodes"]), {
      namespace: "shop",
    });
    assert.ok(
      missing.some((line) => line.startsWith("nodes: Error from server (Forbidden)")),
      missing.join("\n"),
    );
    assert.ok(
      missing.some((line) => line.startsWith("logs: ")),
      missing.join("\n"),
    );
    assert.deepEqual(
      [...files.keys()].filter((path) => path.startsWith("logs/")),
      [],
    );
    assert.ok(files.has("objects/statefulsets/orders.yaml"));
  });

  it("leaves users' names and certificates readable, and short words in peace", () => {
    const redact = redactor([
      {
        kind: "Secret",
        metadata: { name: "s" },
        data: { username: base64("someone"), "ca.crt": base64("CERTIFICATE"), on: base64("true") },
      } as any,
    ]);
    assert.equal(redact("someone CERTIFICATE true"), "someone CERTIFICATE true");
  });

  it("takes a longer value out whole, also where it begins with another one", () => {
    const redact = redactor([
      {
        kind: "Secret",
        metadata: { name: "s" },
        data: { a: base64("secret-one"), b: base64("secret-one-and-more") },
      } as any,
    ]);
    assert.equal(redact("secret-one-and-more, secret-one"), "[redacted: s, b], [redacted: s, a]");
  });

  it("takes literals out of a stack file, encrypted ones too, and leaves what only names a Secret", () => {
    const text = withoutLiterals(
      "a: { password: hunter2, secretName: mine }\npassword: { secure: v1:abc= }\nencryptionsalt: v1:xyz\ntoken: 'a b'\nexistingSecret: mine\n",
    );
    assert.equal(
      text,
      "a: { password: [redacted], secretName: mine }\npassword: { secure: [redacted]}\nencryptionsalt: [redacted]\ntoken: [redacted]\nexistingSecret: mine\n",
    );
  });

  it("changes nothing of the objects that it was given", () => {
    const [secret = {}] = leaking();
    const before = JSON.stringify(secret);
    shownObject(secret);
    assert.equal(JSON.stringify(secret), before);
  });

  describe("as a command", () => {
    const path = process.env["PATH"];
    const home = process.cwd();
    let directory: string;

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "stateful-report-test-"));
      const kubectl = join(directory, "kubectl");
      writeFileSync(
        kubectl,
        `#!/bin/sh\ncase "$*" in\n*current-context) echo first ;;\n*\\ version\\ *) echo '{}' ;;\n*) echo '{ "items": [] }' ;;\nesac\n`,
      );
      chmodSync(kubectl, 0o755);
      process.env["PATH"] = [directory, path].join(delimiter);
      process.chdir(directory);
      writeFileSync("Pulumi.mine.yaml", stackOf("orders: { engine: mysql, storage: 5Gi }"));
    });

    afterEach(() => {
      process.chdir(home);
      process.env["PATH"] = path;
      rmSync(directory, { recursive: true });
    });

    it("writes an archive of one folder for its owner alone, and overwrites none", async () => {
      const args = ["--stack", "Pulumi.mine.yaml", "--out", "r.tar.gz"];
      const { status, out, err } = await quiet(async () => await main(args));
      assert.equal(status, 0, err);
      assert.match(out, /r\.tar\.gz: \d+ files of the stack mine/);
      assert.equal(statSync("r.tar.gz").mode & 0o777, 0o600);
      await extract({ file: "r.tar.gz", cwd: directory });
      const [folder = ""] = readdirSync(directory).filter((name) => name.startsWith("stateful-report-mine-"));
      assert.match(readFileSync(join(folder, "status.txt"), "utf8"), /orders \(mysql\): not deployed/);
      for (const file of ["status.json", "Pulumi.mine.yaml", "missing.txt", "versions/programs.json"]) {
        assert.ok(statSync(join(folder, file)).isFile(), file);
      }
      const again = await quiet(async () => await main(args));
      assert.equal(again.status, 2);
      assert.match(again.err, /there is such a file/);
    });
  });
});
