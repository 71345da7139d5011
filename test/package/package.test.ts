import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { pack, Program, PROJECT } from "./program";

const PROGRAMS = join(__dirname, "programs");
const STRICT = [
  "exactOptionalPropertyTypes",
  "noUncheckedIndexedAccess",
  "noPropertyAccessFromIndexSignature",
  "noImplicitOverride",
  "noUnusedLocals",
  "noUnusedParameters",
  "erasableSyntaxOnly",
  "isolatedModules",
  "allowUnreachableCode",
];

function source(name: string): string {
  return readFileSync(join(PROGRAMS, name), "utf8");
}

let tarball: string;
let program: Program;

before(() => {
  tarball = pack();
  // Twice, as where two packages that a program uses want two versions.
  program = Program.install({ stateful: `file:${tarball}`, "stateful-before": `file:${tarball}` });
});

after(() => {
  for (const path of [tarball, program.folder]) rmSync(dirname(path), { recursive: true });
});

describe("the npm package, installed from its tarball", () => {
  before(() => {
    program.write("index.ts", source("natural.ts"));
  });

  it("has what programs and agents need, and none of the sources", () => {
    const files = program.filesOf("stateful");
    const scripts = readdirSync(join(PROJECT, "components"), { recursive: true, encoding: "utf8" }).filter(
      (file) => /\.(sh|tsv|gz)$|dashboards\/[^/]+\.json$/.test(file) && !file.includes("node_modules"),
    );
    assert.ok(scripts.includes("agents/bundles/agent.cjs.gz"));
    for (const file of [
      ...["README.md", "LICENSE", "CHANGELOG.md", "bin/stateful.js", "template/Pulumi.yaml"],
      ...[
        "dist/library.js",
        "dist/library.js.map",
        "dist/library.d.ts",
        "dist/library.mjs",
        "dist/library.d.mts",
      ],
      ...scripts.map((script) => join("dist", "components", script)),
    ]) {
      assert.ok(files.includes(file), file);
    }
    const sources = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"));
    assert.deepEqual(sources, ["template/index.ts"]);
    const manifest = JSON.parse(
      readFileSync(join(program.folder, "node_modules/stateful/package.json"), "utf8"),
    ) as { pulumi: object; dependencies: object };
    // `resource: true` would have Pulumi look for a provider of that name, which there is none of.
    assert.deepEqual(manifest.pulumi, { name: "stateful", resource: false });
    assert.deepEqual(
      Object.keys(manifest.dependencies).filter((name) => name.startsWith("@pulumi/")),
      [],
    );
  });

  it("leaves the program with one copy of Pulumi's SDK, and without @pulumi/aws", () => {
    for (const name of ["@pulumi/pulumi", "@pulumi/kubernetes", "@pulumi/random", "@pulumi/tls"]) {
      assert.equal(program.copiesOf(name).length, 1, name);
    }
    assert.ok(!readdirSync(join(program.folder, "node_modules", "@pulumi")).includes("aws"));
  });

  describe("has types", () => {
    const cases: [what: string, options: Record<string, unknown>][] = [
      ["for a program that `pulumi new` makes", {}],
      [
        "under every strict flag",
        Object.fromEntries(STRICT.map((flag) => [flag, flag !== "allowUnreachableCode"])),
      ],
      ["with node16's resolution", { module: "node16", moduleResolution: "node16" }],
      ["for a bundler", { module: "esnext", moduleResolution: "bundler", verbatimModuleSyntax: true }],
    ];
    for (const [what, options] of cases) {
      it(what, () => {
        const { status, output } = program.types(["index.ts"], options);
        assert.equal(status, 0, output);
      });
    }

    it("that refuse what is none of the values", () => {
      program.write(
        "wrong.ts",
        'import { MySql } from "stateful";\nnew MySql("a", { namespace: "b", durability: "some", replicas: "3" });\n',
      );
      const { status, output } = program.types(["wrong.ts"]);
      assert.notEqual(status, 0);
      assert.equal(output.match(/error TS/g)?.length, 2, output);
    });
  });

  it("is one library for import and require", () => {
    program.write("module.mts", source("module.mts"));
    const options = { module: "nodenext", moduleResolution: "nodenext", noEmit: false, target: "es2022" };
    assert.deepEqual(program.types(["module.mts"], options), { status: 0, output: "" });
    assert.deepEqual(program.node("module.mjs"), { status: 0, output: "one class\n" });
  });

  for (const major of [20, 22, 24]) {
    it(`works with Pulumi's documented mocks and renders, on Node ${major}`, function () {
      const own = process.version.startsWith(`v${major}.`);
      const node = own ? process.execPath : program.nodeOf(major);
      if (node === undefined) {
        console.log(`      SKIPPED: Node ${major} could not be had from the registry`);
        this.skip();
      }
      assert.match(program.run(node, ["--version"]).output, new RegExp(`^v${major}\\.`));
      program.write("unit.test.cjs", source("documented-mocks.cjs"));
      const tested = program.run(node, ["--test", "unit.test.cjs"]);
      assert.equal(tested.status, 0, tested.output);
      cpSync(join(PROJECT, "Pulumi.bare-metal.yaml"), join(program.folder, "Pulumi.prod.yaml"));
      const rendered = program.run(node, [
        "node_modules/stateful/bin/stateful.js",
        "render",
        "--stack",
        "prod",
      ]);
      assert.equal(rendered.status, 0, rendered.output);
      assert.ok(readdirSync(join(program.folder, "manifests", "prod")).length > 3);
    });
  }

  it("can be there in two versions", () => {
    program.write(
      "both.js",
      `const pulumi = require("@pulumi/pulumi");
       pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: ({ inputs }) => inputs });
       const [one, other] = [require("stateful"), require("stateful-before")];
       if (one.MySql === other.MySql) throw new Error("they are one");
       const web = (db) => new other.StatelessApp("web", { namespace: "a", image: "nginx", port: 80, connection: db.connection });
       web(new one.MySql("orders", { namespace: "a" }));
       pulumi.runtime.disconnect().then(() => console.log("both work"));`,
    );
    assert.deepEqual(program.node("both.js"), { status: 0, output: "both work\n" });
  });

  describe("its command", () => {
    const stateful = (...args: string[]) => program.run("npx", ["stateful", ...args]);
    const writtenAt = () =>
      program.filesOf("stateful").map((file) => {
        return [file, statSync(join(program.folder, "node_modules/stateful", file)).mtimeMs] as const;
      });

    it("is npx stateful, and works on the folder that it is called in", () => {
      const before = writtenAt();
      cpSync(join(PROJECT, "Pulumi.dev.yaml"), join(program.folder, "Pulumi.dev.yaml"));
      const { status, output } = stateful("render");
      assert.equal(status, 0, output);
      assert.match(output, /files in manifests\/dev\/.*kubectl apply/s);
      assert.deepEqual(writtenAt(), before, "it wrote into the package");
    });

    it("tells how it is typed there", () => {
      assert.match(stateful("up", "--help").output, /^usage: npx stateful up \[options\]/);
      assert.match(stateful("--version").output, /^\d+\.\d+\.\d+\n$/);
    });

    it("has no local cluster, and says what to do instead", () => {
      const { status, output } = stateful("up", "--local");
      assert.equal(status, 1);
      assert.match(output, /kind or minikube/);
    });
  });
});

describe("a project of the template", () => {
  const FOLDER = "a project/infra";

  before(() => {
    for (const file of readdirSync(join(PROJECT, "template")).filter((name) => name !== "package.json")) {
      const text = readFileSync(join(PROJECT, "template", file), "utf8");
      program.write(
        join(FOLDER, file),
        text.replaceAll("${PROJECT}", "shop").replaceAll("${DESCRIPTION}", "A shop"),
      );
    }
  });

  it("asks for the versions that the package asks for", () => {
    const read = (path: string) =>
      JSON.parse(readFileSync(join(PROJECT, path), "utf8")) as {
        version: string;
        dependencies: Record<string, string>;
        peerDependencies: Record<string, string>;
      };
    const { version, peerDependencies } = read("package.json");
    const wanted = Object.entries(peerDependencies).filter(([name]) => name !== "@pulumi/aws");
    assert.deepEqual(read("template/package.json").dependencies, {
      ...Object.fromEntries(wanted),
      stateful: `^${version}`,
    });
  });

  it("deploys its stack file by five lines, whatever the project is called", () => {
    const tsc = join(program.folder, "node_modules/typescript/bin/tsc");
    const { status, output } = program.run(process.execPath, [tsc, "--pretty", "false"], FOLDER);
    assert.equal(status, 0, output);
    program.write(
      join(FOLDER, "run.js"),
      `const pulumi = require("@pulumi/pulumi");
       const made = [];
       pulumi.runtime.setMocks({
         newResource: ({ type, name, inputs }) => (made.push(type), { id: name, state: { ...inputs, result: "x" } }),
         call: ({ inputs }) => inputs,
       }, "shop", "dev");
       pulumi.runtime.setAllConfig(${JSON.stringify({
         "stateful:target": "bare-metal",
         "stateful:databases": '{"orders":{"engine":"mysql"}}',
       })});
       require("./bin/index.js")().then(async ({ databases }) => {
         await pulumi.runtime.disconnect();
         databases.orders.primaryHost.apply((host) => console.log(host, made.includes("kubernetes:apps/v1:StatefulSet")));
       });`,
    );
    assert.deepEqual(program.run(process.execPath, ["run.js"], FOLDER), {
      status: 0,
      output: "orders.databases.svc true\n",
    });
  });

  it("renders by its own script", () => {
    const { status, output } = program.run("npx", ["stateful", "render"], FOLDER);
    assert.equal(status, 0, output);
    assert.match(output, /orders\.databases\.svc:3306/);
    assert.ok(readdirSync(join(program.folder, FOLDER, "manifests", "dev")).length > 3);
  });
});
