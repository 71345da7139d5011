import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ENGINE_NAMES, type EngineName } from "../../stacks/engines";

const PROJECT = join(__dirname, "..", "..");

/** By what else an engine is known than its name: its own other names, and programs that it alone uses. */
const ALSO_CALLED: Partial<Record<EngineName, string[]>> = {
  postgresql: ["postgres", "patroni", "pgbouncer"],
  redis: ["valkey"],
};

/** Words that only sound like an engine's name. */
const ORDINARY = /\bredis(cover|tribut)\w*|\bensureDisk\w*/gi;

/** Where an engine's name may stand outside its rooms, and why. */
const ALLOWED: [place: RegExp, why: string][] = [
  [/^stacks\/registry\.ts$/, "the one list of the engines"],
  [/^components\/index\.ts$/, "the library's names: Pulumi infers its schema from what stands there"],
  [/^examples\//, "programs of users, who choose an engine"],
  [/^package\.json$/, "npm packages are called as they are"],
  [/^test\/(unit|contract|package)\//, "what all engines share is tried with one that there is"],
];

/** Source that is neither written by hand nor read by people first. */
const MADE =
  /^(components\/schema\.json|docs\/stack\.schema\.json|package-lock\.json|bench\/results\/|test\/golden\/)/;

/** What every engine has, `ENGINE` being its name. */
const REQUIRED = [
  ...inRoom(
    "components/ENGINE",
    "args",
    "checks",
    "client",
    "component",
    "engine",
    "images",
    "index",
    "limits",
    "logs",
  ),
  ...inRoom("components/ENGINE", "memory", "pod", "protocol", "resolve", "topology"),
  "components/ENGINE/scripts/engine.sh",
  ...inRoom("agent/ENGINE", "engine", "main", "policy", "status"),
  "stacks/schema/engines/ENGINE.ts",
  "test/e2e/support/engines/ENGINE.ts",
  "test/e2e/load/engines/ENGINE.ts",
  "test/e2e/support/traffic/writer/ENGINE.ts",
  "test/soak/client/ENGINE.ts",
  "test/unit/ENGINE/component.test.ts",
  "cluster/images/engines/ENGINE.ts",
  "docs/ENGINE.md",
];

/** What an engine has all of that has one of them: settings that are checked, accounts that are kept, positions. */
const TOGETHER = [
  [
    ...inRoom("components/ENGINE/settings", "language", "names", "replaced", "reserved", "values"),
    ...["components/ENGINE/server-config.ts", "agent/ENGINE/in-force.ts", "bench/settings/ENGINE.ts"],
  ],
  inRoom("agent/ENGINE", "accounts", "former-sessions"),
  inRoom("agent/ENGINE", "position", "lag"),
  inRoom("agent/ENGINE", "refusal", "settings"),
];

/** What tells that there is an engine's room. */
const SIGNS = [
  /^components\/([^/]+)\/component\.ts$/,
  /^agent\/([^/]+)\/main\.ts$/,
  /^stacks\/schema\/engines\/([^/]+)\.ts$/,
];

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: PROJECT,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(PROJECT, file)));

const sources = files.filter(
  (file) => /\.(m?ts|[cm]?js|json|sh|go|tsv)$|^bin\//.test(file) && !MADE.test(file),
);

function inRoom(room: string, ...names: string[]): string[] {
  return names.map((name) => `${room}/${name}.ts`);
}

function wordsOf(engine: EngineName): RegExp {
  return new RegExp([engine, ...(ALSO_CALLED[engine] ?? [])].join("|"), "i");
}

/** The engine whose own a file is, by its folder or its name. */
function ownerOf(file: string): EngineName | undefined {
  return ENGINE_NAMES.find((engine) => file.split("/").some((part) => part.split(/[.-]/)[0] === engine));
}

/** Each line that a word stands in, with where that is. */
function linesWith(word: RegExp, file: string): string[] {
  return [file, ...readFileSync(join(PROJECT, file), "utf8").split("\n")].flatMap((line, index) =>
    word.test(line.replace(ORDINARY, "")) ? [`${file}:${index}: ${line.trim().slice(0, 100)}`] : [],
  );
}

describe("an engine's rooms", () => {
  for (const engine of ENGINE_NAMES) {
    it(`are all that knows of ${engine}, comments included`, () => {
      const word = wordsOf(engine);
      const others = sources.filter(
        (file) => ownerOf(file) !== engine && !ALLOWED.some(([place]) => place.test(file)),
      );
      assert.ok(others.length > 200, "most files are no engine's");
      assert.deepEqual(
        others.flatMap((file) => linesWith(word, file)),
        [],
        `what is ${engine}'s belongs into its own files; else say it without the name`,
      );
    });

    it(`of ${engine} have the same plan as all others`, () => {
      const has = (file: string) => files.includes(file.replace("ENGINE", engine));
      const wanted = [...REQUIRED, ...TOGETHER.filter((group) => group.some(has)).flat()];
      assert.deepEqual(
        wanted.filter((file) => !has(file)),
        [],
      );
    });
  }

  it("are of engines that stand in the registry", () => {
    const found = files.flatMap((file) =>
      SIGNS.flatMap((sign) => {
        const name = sign.exec(file)?.[1];
        return name === undefined ? [] : [name];
      }),
    );
    assert.deepEqual([...new Set(found)].sort(), [...ENGINE_NAMES].sort());
  });

  it("are allowed to be named outside only where they still are", () => {
    const word = new RegExp(ENGINE_NAMES.map((engine) => wordsOf(engine).source).join("|"), "i");
    for (const [place, why] of ALLOWED) {
      assert.ok(
        files.some((file) => place.test(file) && linesWith(word, file).length > 0),
        `${String(place)} (${why}) needs no exception any more`,
      );
    }
  });
});
