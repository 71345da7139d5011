/**
 * Builds what the npm package carries into dist/: the library and the command line, compiled, with declarations and maps.
 * `npm pack` runs it. A checkout has no need of it: programs and commands run from their sources there.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const load = createRequire(import.meta.url);

/** What the components read while they run, beside their sources. */
const READ = /\.(sh|tsv|gz)$|dashboards\/[^/]+\.json$/;

/**
 * @param {string} folder
 * @returns {string[]} every file below it, by its path from there
 */
function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
}

function compile() {
  const tsc = load.resolve("typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "--project", join(root, "tsconfig.build.json")], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("the sources do not compile");
}

function copyWhatIsRead() {
  const components = join(root, "components");
  for (const file of filesOf(components).filter((name) => READ.test(name) && !/node_modules/.test(name))) {
    const to = join(dist, "components", file);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(join(components, file), to);
  }
}

/**
 * An enum of TypeScript takes no literal of its values: `durability: "all"` would be a mistake. Pulumi's own packages
 * declare a constant and the type of its values instead. The sources cannot, since Pulumi infers the schema for other
 * languages from enums; what runs is the same.
 */
function letEnumsTakeLiterals() {
  const declaration = /export declare enum (\w+) \{\n([^}]*)\}/g;
  for (const file of filesOf(join(dist, "components")).filter((name) => name.endsWith(".d.ts"))) {
    const path = join(dist, "components", file);
    const before = readFileSync(path, "utf8");
    const after = before.replace(declaration, (_, name, body) => {
      const members = body.replace(/^( +)(\w+) = ("[^"]*"),?$/gm, "$1readonly $2: $3;");
      return `export declare const ${name}: {\n${members}};\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];`;
    });
    if (after !== before) writeFileSync(path, after);
  }
}

/** For `import`: the same classes as `require` has, not a second copy. */
function addModule() {
  const names = Object.keys(load(join(dist, "library.js"))).sort();
  writeFileSync(
    join(dist, "library.mjs"),
    `import library from "./library.js";\nexport const {\n${names.map((name) => `  ${name},\n`).join("")}} = library;\n`,
  );
  writeFileSync(join(dist, "library.d.mts"), 'export * from "./library.js";\n');
}

/** Programs call the library alone, so that only its declarations are anybody's; what --local brings up needs a checkout. */
function leaveOut() {
  const commands = /^(agent|cluster|operate|render)\/.*\.d\.ts$/;
  const cluster = /^cluster\/(?!errors\.js)/;
  for (const file of filesOf(dist)) {
    if (commands.test(file) || cluster.test(file)) rmSync(join(dist, file));
  }
}

rmSync(dist, { recursive: true, force: true });
compile();
leaveOut();
copyWhatIsRead();
letEnumsTakeLiterals();
addModule();
