import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { generateSchema, type PackageSpec } from "@pulumi/pulumi/provider/experimental/schema";
import * as pulumi from "@pulumi/pulumi";
import * as library from "../../components";

const COMPONENTS = join(__dirname, "..", "..", "components");
const COMMITTED = join(COMPONENTS, "schema.json");

interface PackageJson {
  name: string;
  version: string;
  description: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

function packageJson(directory: string): PackageJson {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as PackageJson;
}

/** The schema as `pulumi package add` infers it. */
function inferSchema(): PackageSpec {
  const description = packageJson(COMPONENTS);
  const { components, typeDefinitions, dependencies } = new Analyzer(
    COMPONENTS,
    description.name,
    description,
    new Set(componentNames()),
  ).analyze();
  return generateSchema(
    description.name,
    description.version,
    description.description,
    components,
    typeDefinitions,
    dependencies,
  );
}

function componentNames(): string[] {
  return Object.entries(library)
    .filter(([, value]) => typeof value === "function" && value.prototype instanceof pulumi.ComponentResource)
    .map(([name]) => name);
}

describe("the component package", function () {
  this.timeout(180_000);
  let schema: PackageSpec;

  before(() => {
    schema = inferSchema();
    if (process.env["UPDATE_GOLDEN"]) writeFileSync(COMMITTED, `${JSON.stringify(schema, null, 2)}\n`);
  });

  it("has the schema that is committed (UPDATE_GOLDEN=1 writes it anew)", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(schema)), JSON.parse(readFileSync(COMMITTED, "utf8")));
  });

  it("has every component, under its token", () => {
    assert.deepEqual(
      Object.keys(schema.resources).sort(),
      componentNames()
        .map((name) => `stateful:index:${name}`)
        .sort(),
    );
  });

  it("refers to its own types alone: Pulumi cannot bind a provider, or a resource of another package's index", () => {
    const refs = [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref = ""]) => ref);
    assert.ok(refs.length > 0);
    for (const ref of refs) assert.match(ref, /^(#\/types\/stateful:index:|pulumi\.json#\/Any$)/);
  });

  it("describes every input", () => {
    for (const [token, { inputProperties = {} }] of Object.entries(schema.resources)) {
      for (const [name, { description }] of Object.entries(inputProperties)) {
        assert.ok(description, `${token}.${name}`);
      }
    }
  });

  it("leaks nothing private: each output is documented", () => {
    for (const [token, { properties = {} }] of Object.entries(schema.resources)) {
      for (const [name, { description }] of Object.entries(properties))
        assert.ok(description, `${token}.${name}`);
    }
  });

  it("compiles as Pulumi's plugin host compiles it: without this tsconfig, for ES2020", () => {
    const options = ["--ignoreConfig", "--noEmit", "--skipLibCheck", "--types", "node"];
    const host = ["--target", "ES2020", "--module", "nodenext", "--moduleResolution", "nodenext"];
    const tsc = join(COMPONENTS, "..", "node_modules", "typescript", "bin", "tsc");
    const index = join(COMPONENTS, "index.ts");
    const { status, stdout } = spawnSync(process.execPath, [tsc, ...options, ...host, index], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout);
  });

  it("needs the versions that this repository is tested with", () => {
    const root = packageJson(join(COMPONENTS, ".."));
    for (const [name, version] of Object.entries(packageJson(COMPONENTS).dependencies)) {
      assert.equal(version, { ...root.dependencies, ...root.devDependencies }[name], name);
    }
    assert.equal(packageJson(COMPONENTS).version, root.version);
  });
});
