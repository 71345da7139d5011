/**
 * Bundles the agent, for every engine that has a folder here, into one file that Node 20 runs, and compresses it for a
 * ConfigMap. Usage: node agent/build.mjs [FOLDER]; writes agent.cjs.gz there, by default where the component takes it
 * from. Deterministic: the same sources give the same program.
 */
import { build } from "esbuild";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));

/** A ConfigMap holds at most 1 MiB, of which the other keys and the encoding take a part. */
const LIMIT = 700 * 1024;

/**
 * One program from its entry, in a single file.
 * @param {string} entry
 * @returns {Promise<Uint8Array>}
 */
export async function compile(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    legalComments: "none",
    logLevel: "warning",
    alias: standIns(),
  });
  const [{ contents }] = outputFiles;
  return contents;
}

/**
 * What stands in for packages in the bundle: each engine's own, from the `stand-ins.json` of its folder.
 * @returns {Record<string, string>} path by package
 */
function standIns() {
  const found = readdirSync(here).map((folder) => ({ folder, file: join(here, folder, "stand-ins.json") }));
  return Object.fromEntries(
    found
      .filter(({ file }) => existsSync(file))
      .flatMap(({ folder, file }) =>
        Object.entries(JSON.parse(readFileSync(file, "utf8"))).map(([name, path]) => [
          name,
          join(here, folder, path),
        ]),
      ),
  );
}

/** @param {string} folder */
export async function bundle(folder) {
  mkdirSync(folder, { recursive: true });
  const contents = await compile(join(here, "main.ts"));
  const packed = gzipSync(contents, { level: 9 });
  if (packed.length > LIMIT) throw new Error(`the agent has ${packed.length} bytes, at most ${LIMIT} fit`);
  writeFileSync(join(folder, "agent.cjs.gz"), packed);
  return { plain: contents.length, packed: packed.length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? join(here, "..", "components", "agents", "bundles");
  const { plain, packed } = await bundle(folder);
  console.log(`the agent: ${plain} bytes, ${packed} compressed`);
}
