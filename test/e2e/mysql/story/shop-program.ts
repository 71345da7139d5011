import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

/** The longest argument that Linux takes is 128 KiB. */
const PART_LENGTH = 100_000;

/** Puts the program together from its parts, and runs it. */
const LOADER =
  'const z=require("zlib"),m=require("module"),v=require("vm");' +
  'const code=z.brotliDecompressSync(Buffer.from(process.argv.slice(1).join(""),"base64")).toString();' +
  "v.runInThisContext(m.wrap(code))(exports,require,module)";

/** The arguments with which a stock Node image runs the shop: a test needs no image of its own. */
export async function shopArguments(): Promise<string[]> {
  const { compile } = await import("../../../../agent/build.mjs");
  const packed = Buffer.from(brotliCompressSync(await compile(join(__dirname, "shop.ts")))).toString(
    "base64",
  );
  return ["node", "-e", LOADER, ...(packed.match(new RegExp(`.{1,${PART_LENGTH}}`, "g")) ?? [])];
}
