import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { main } from "../../render/cli";
import type { KubernetesObject } from "../../render/program";
import { filesOf, golden } from "./support/golden";

const PROJECT = join(__dirname, "..", "..");

let directory: string;
let printed: string;

/** Runs the command as a person would, and keeps what it prints. */
async function render(...args: string[]): Promise<number> {
  printed = "";
  const { log, error } = console;
  console.log = console.error = (text: unknown) => {
    printed += `${String(text)}\n`;
  };
  try {
    return await main(args);
  } finally {
    Object.assign(console, { log, error });
  }
}

function stackFile(content: string, name = "Pulumi.mine.yaml"): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function out(): string {
  return join(directory, "out");
}

function objects(path = out()): KubernetesObject[] {
  return readdirSync(path)
    .filter((file) => file.endsWith(".yaml"))
    .flatMap((file) => loadAll(readFileSync(join(path, file), "utf8")) as KubernetesObject[]);
}

const MINE = `
config:
  stateful:target: bare-metal
  stateful:databases:
    orders: { engine: mysql }
`;

describe("render", () => {
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stateful-render-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  for (const stack of ["dev", "bare-metal", "cloud"]) {
    it(`makes of the example stack ${stack} what is in test/golden (UPDATE_GOLDEN=1 writes it anew)`, async () => {
      assert.equal(await render("--stack", stack, "--out", out()), 0, printed);
      const { made, kept } = golden(stack, out());
      assert.deepEqual(made, kept);
    });
  }

  it("draws a stack as the docs show it (UPDATE_GOLDEN=1 draws it anew)", async () => {
    assert.equal(await render("--stack", "bare-metal", "--graph", "--out", out()), 0, printed);
    assert.match(printed, /topology\.svg[\s\S]*topology\.mmd/);
    for (const ending of ["svg", "mmd"]) {
      const drawn = readFileSync(join(out(), `topology.${ending}`), "utf8");
      const shown = join(PROJECT, "docs", "pictures", `bare-metal.${ending}`);
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(shown, drawn);
      assert.equal(drawn, readFileSync(shown, "utf8"));
    }
  });

  it("draws nothing onto standard output, which is for manifests", async () => {
    assert.equal(await render("--stack", "bare-metal", "--graph", "--out", "-"), 2);
    assert.match(printed, /--graph writes pictures into files: give --out a directory/);
  });

  it("makes the same bytes of the same input", async () => {
    await render("--stack", "bare-metal", "--out", join(directory, "a"));
    await render("--stack", "bare-metal", "--out", join(directory, "b"));
    assert.deepEqual(filesOf(join(directory, "a")), filesOf(join(directory, "b")));
  });

  it("keeps the names of a database's objects when a label changes, so that no pod restarts", async () => {
    const names = async (content: string) => {
      rmSync(out(), { recursive: true, force: true });
      await render("--stack", stackFile(content), "--out", out());
      return objects().map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    };
    assert.deepEqual(await names(MINE.replace("mysql", "mysql, labels: { team: a }")), await names(MINE));
  });

  it("puts what others need first: namespaces, storage, databases, applications", async () => {
    await render("--stack", "bare-metal", "--out", out());
    const kinds = objects().map(({ kind }) => kind);
    for (const [before, after] of [
      ["Namespace", "Secret"],
      ["StorageClass", "PersistentVolume"],
      ["PersistentVolume", "PersistentVolumeClaim"],
      ["Secret", "StatefulSet"],
      ["ConfigMap", "StatefulSet"],
      ["StatefulSet", "Deployment"],
    ] as const) {
      assert.ok(kinds.indexOf(before) < kinds.indexOf(after), `${before} before ${after}`);
    }
  });

  it("prints what a person needs: names, volumes, Secret, promises", async () => {
    assert.equal(await render(...["--stack", "dev", "--out", out()]), 0);
    for (const text of [
      /orders +mysql 8\.4 +1 +1 × 1Gi +orders\.databases\.svc:3306 +orders-credentials/,
      /database +app$/m,
      /orders-0\.orders-headless\.databases\.svc/,
      /orders-client=true/,
      /survives +a deleted pod/,
      /can lose +everything since the last backup/,
      /everything, with all volumes or by a mistake in SQL: there is no backup/,
      /kubectl apply --server-side -f .*out\//,
    ]) {
      assert.match(printed, text);
    }
  });

  it("sends a stack that needs a cloud account to Pulumi, since files alone cannot make it", async () => {
    await render("--stack", "cloud", "--out", out());
    assert.match(printed, /To deploy them: `pulumi up`.*not-in-kubernetes\.txt/);
    assert.doesNotMatch(printed, /kubectl apply/);
  });

  it("takes a stack file by its path, and removes its own files that are no longer made, but no others", async () => {
    const file = stackFile(MINE.replace("orders:", "sales:"));
    await render("--stack", file, "--out", out());
    writeFileSync(join(out(), "mine.yaml"), "# not rendered\n");
    stackFile(MINE);
    await render("--stack", file, "--out", out());
    assert.deepEqual(readdirSync(out()).sort(), [
      "00-namespace.yaml",
      "12-certificates.yaml",
      "15-agent.yaml",
      "20-database-orders.yaml",
      "mine.yaml",
    ]);
  });

  describe("secrets", () => {
    const credentials = () => objects().find(({ metadata }) => metadata.name === "orders-credentials");

    it("are placeholders that can be seen, and that no pod takes for a password", async () => {
      await render("--stack", stackFile(MINE), "--out", out());
      const secret = credentials();
      const values = secret?.["stringData"] as Record<string, string>;
      assert.match(values["password"]!, /^<password .*>$/);
      assert.match(values["admin-password"]!, /^<password .*>$/);
      assert.match(printed, /Passwords are placeholders/);
    });

    it("of a backup are placeholders too, and a key that is made once and then kept, as backups were sealed with it", async () => {
      const s3 = "{ bucket: acme, credentials: { existingSecret: writer } }";
      const content = `${MINE}  stateful:backup: { destination: { s3: ${s3} } }\n`;
      const key = () => {
        const found = objects().find(({ metadata }) => metadata.name === "orders-backup-key");
        return (found?.["stringData"] as Record<string, string>)["encryption-key"]!;
      };
      assert.equal(await render("--stack", stackFile(content), "--out", out()), 0, printed);
      assert.match(key(), /^<.*>$/);
      const secrets = join(directory, "secrets.json");
      const args = ["--stack", stackFile(content), "--out", out(), "--secrets-file", secrets];
      assert.equal(await render(...args), 0, printed);
      const made = key();
      assert.match(made, /^[A-Za-z0-9_]{48}$/);
      await render(...args);
      assert.equal(key(), made);
    });

    it("are in no file where every Secret comes from elsewhere", async () => {
      const elsewhere = ["mysql", "postgresql"].map(
        (engine) =>
          `{ engine: ${engine}, existingSecret: a, existingMemberSecret: b, tls: { existingSecret: c } }`,
      );
      const file = stackFile(
        [
          "config:",
          "  stateful:target: bare-metal",
          "  stateful:databases:",
          ...elsewhere.map((database, index) => `    db${index}: ${database}`),
          "",
        ].join("\n"),
      );
      await render("--stack", file, "--out", out());
      const text = Object.values(filesOf(out())).join("\n");
      assert.doesNotMatch(text, /stringData|<password|PRIVATE KEY|placeholder/m);
      const secrets = text.split("---\n").filter((object) => /^kind: Secret$/m.test(object));
      assert.deepEqual(
        secrets.map((object) => /^ {2}name: (.*)$/m.exec(object)?.[1]),
        elsewhere.map((_, index) => `db${index}-login`),
        "the agents fill these",
      );
      for (const secret of secrets) assert.doesNotMatch(secret, /^(data|stringData|type|immutable):/m);
      assert.match(text, /name: b$/m, "the members' Secret is mounted");
    });

    it("come from a file that is made once, for its owner alone, and then reused", async () => {
      const secrets = join(directory, "secrets.json");
      const password = () => (credentials()?.["stringData"] as Record<string, string>)["password"];
      await render("--stack", stackFile(MINE), "--out", out(), "--secrets-file", secrets);
      const first = password();
      assert.match(first!, /^[A-Za-z0-9_]{32}$/);
      assert.equal(statSync(secrets).mode & 0o777, 0o600);
      assert.match(printed, /WARNING: .* holds passwords in plain text/);
      await render("--stack", stackFile(MINE), "--out", out(), "--secrets-file", secrets);
      assert.equal(password(), first);
    });

    it("are written for their owner alone, also where placeholders were before", async () => {
      const secrets = join(directory, "secrets.json");
      const mode = (path: string) => statSync(path).mode & 0o777;
      await render("--stack", stackFile(MINE), "--out", join(out(), "new"), "--secrets-file", secrets);
      assert.equal(mode(join(out(), "new")), 0o700);
      await render("--stack", stackFile(MINE), "--out", out());
      await render("--stack", stackFile(MINE), "--out", out(), "--secrets-file", secrets);
      const files = readdirSync(out()).filter((file) => file.endsWith(".yaml"));
      assert.ok(files.length > 0);
      for (const file of files) assert.equal(mode(join(out(), file)), 0o600, file);
    });

    it("stand in for what is encrypted in the stack file", async () => {
      const file = stackFile(`${MINE}  stateful:passwords: { orders: { password: { secure: "v1:abc" } } }\n`);
      const secrets = join(directory, "secrets.json");
      writeFileSync(secrets, JSON.stringify({ "stateful:passwords.orders.password": "chosen" }), {
        mode: 0o600,
      });
      assert.equal(await render("--stack", file, "--out", out(), "--secrets-file", secrets), 0, printed);
      const secret = credentials();
      assert.equal((secret?.["stringData"] as Record<string, string>)["password"], "chosen");
    });

    it("are refused from a file that others may read, or that is no secrets file", async () => {
      const secrets = join(directory, "secrets.json");
      writeFileSync(secrets, "{}");
      chmodSync(secrets, 0o644);
      assert.equal(await render("--stack", stackFile(MINE), "--secrets-file", secrets), 2);
      assert.match(printed, /chmod 600/);
      chmodSync(secrets, 0o600);
      for (const content of ["[]", "no json", '{"a":1}', '{"a":""}']) {
        writeFileSync(secrets, content);
        assert.equal(await render("--stack", stackFile(MINE), "--secrets-file", secrets), 2, content);
      }
    });
  });

  describe("mistakes", () => {
    const usage: [what: string, args: string[], message: RegExp][] = [
      ["an unknown stack", ["--stack", "de"], /no stack "de".*did you mean "dev"/s],
      ["a file that is not there", ["--stack", "./no.yaml"], /no file \.\/no\.yaml/],
      ["an unknown option", ["--stak", "dev"], /Unknown option '--stak'.*usage:/s],
    ];
    for (const [what, args, message] of usage) {
      it(`on the command line end with 2: ${what}`, async () => {
        assert.equal(await render(...args), 2);
        assert.match(printed, message);
      });
    }

    const files: [what: string, content: string, message: RegExp][] = [
      [
        "a key twice",
        `${MINE}    orders: { engine: mysql }\n`,
        /Pulumi\.mine\.yaml, line 6: .*a second time/,
      ],
      ["no YAML", "config: [", /correct the YAML there/],
      ["no config", "name: x\n", /it needs a map "config:"/],
      // The Pulumi CLI, whose reader is Go's, would hand over another value than is rendered.
      ...["0640", "1_000", "0b11", "2026-11-25", "2026-11-25 10:00:00", "12345678901234567890"].map(
        (value): [string, string, RegExp] => [
          `what is read as something else by the Pulumi CLI, ${value}`,
          MINE.replace("mysql }", `mysql, passwordRotation: ${value} }`),
          new RegExp(`takes ${value} for .*; write it in quotes: "${value}"`),
        ],
      ),
    ];
    for (const [what, content, message] of files) {
      it(`in a stack file end with 2: ${what}`, async () => {
        assert.equal(await render("--stack", stackFile(content)), 2);
        assert.match(printed, message);
      });
    }

    it("do not come of merge keys, nor of what is a text to both readers", async () => {
      const common = `${MINE}    billing: &common { engine: mysql, passwordRotation: 0o17, annotations: { a: yes, b: "0640" } }\n`;
      const file = stackFile(`${common}    notes: { <<: *common, storage: 5Gi }\n`);
      assert.equal(await render("--stack", file, "--out", out()), 0, printed);
      const [notes] = objects().filter(
        ({ kind, metadata }) => kind === "StatefulSet" && metadata.name === "notes",
      );
      const { template } = notes!["spec"] as {
        template: { metadata: { annotations: Record<string, string> } };
      };
      const { a, b } = template.metadata.annotations;
      assert.deepEqual([a, b], ["yes", "0640"]);
    });

    it("in the configuration end with 1, and nothing is written", async () => {
      const file = stackFile(MINE.replace("mysql", "mysql, replicas: 2, storage: 1GB"));
      assert.equal(await render("--stack", file, "--out", out()), 1);
      assert.match(printed, /2 mistakes in the configuration; nothing was changed/);
      assert.equal(existsSync(out()), false);
    });

    it("are told once, and without what is only for Node", () => {
      const file = stackFile(MINE.replace("mysql", "mysqll"));
      const command = ["bin/stateful.js", "render", "--stack", file, "--out", out()];
      const { status, stdout, stderr } = spawnSync(process.execPath, command, {
        cwd: PROJECT,
        encoding: "utf8",
      });
      assert.equal(status, 1);
      assert.equal(stdout, "");
      assert.match(stderr, /^1 mistake in the configuration.*\n.*\n.*\n.*did you mean "mysql"\?\n$/);
    });
  });

  it("shows its usage", async () => {
    assert.equal(await render("--help"), 0);
    assert.match(printed, /--secrets-file FILE/);
  });

  it("fails loudly for a transform, which it cannot apply", () => {
    const script = `
      require("./test/register.js");
      const index = require("./index");
      const pulumi = require("@pulumi/pulumi");
      const k8s = require("@pulumi/kubernetes");
      require.cache[require.resolve("./index")].exports = async () => {
        new k8s.core.v1.ConfigMap("a", {}, { transforms: [() => undefined] });
        return { namespace: "x", databases: {}, applications: {} };
      };
      require("./render/cli").main(["--out", process.argv[1]]).then((status) => process.exit(status));`;
    const { status, stderr } = spawnSync(process.execPath, ["-e", script, out()], {
      cwd: PROJECT,
      encoding: "utf8",
    });
    assert.equal(status, 1);
    assert.match(stderr, /transforms/);
    assert.equal(existsSync(out()), false);
  });

  it("is what npm start runs", () => {
    const { scripts } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    assert.equal(scripts["start"], "npm run --silent render --");
    const output = execFileSync(process.execPath, ["bin/stateful.js", "render", "--out", out()], {
      cwd: PROJECT,
      encoding: "utf8",
    });
    assert.match(output, /orders\.databases\.svc:3306/);
    assert.equal(spawnSync(process.execPath, ["bin/stateful.js", "rendr"], { cwd: PROJECT }).status, 2);
  });
});
