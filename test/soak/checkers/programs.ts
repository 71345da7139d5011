import { spawn } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { binariesDir, binary, ensureBinaries } from "../../../cluster/binaries";
import { step } from "../../../cluster/progress";
import { onPath, run } from "../../../cluster/shell";

/** The checkers that others wrote: a path each, or why it cannot be had here. */
export interface Programs {
  porcupine: { path: string } | { missing: string };
  adya: { path: string } | { missing: string };
}

const ADYA_VERSION = "0.1.0";
const adyaFolder = join(binariesDir, `adya-${ADYA_VERSION}`);

/** Finds the programs that were built before. */
export function builtPrograms(): Programs {
  const porcupine = join(binariesDir, binary("porcupine", "porcupine"));
  const adya = join(adyaFolder, "bin", "adya");
  const toldHow = "is not built: `npm run soak -- --prepare`";
  return {
    porcupine: existsSync(porcupine) ? { path: porcupine } : { missing: `porcupine ${toldHow}` },
    adya: existsSync(adya) ? { path: adya } : { missing: `adya ${toldHow}` },
  };
}

/** Builds what the cache does not have yet, where there is what it takes. */
export async function ensurePrograms(
  wanted: readonly (keyof Programs)[] = ["porcupine", "adya"],
): Promise<Programs> {
  if (wanted.includes("porcupine") && onPath("go")) await ensureBinaries(["porcupine"]);
  const lacking = wanted.includes("adya") && "missing" in builtPrograms().adya;
  if (lacking && onPath("cargo")) await buildAdya();
  const { porcupine, adya } = builtPrograms();
  return {
    porcupine: "path" in porcupine ? porcupine : { missing: "porcupine needs Go" },
    adya: "path" in adya ? adya : { missing: "adya needs Rust (cargo)" },
  };
}

async function buildAdya(): Promise<void> {
  const unfinished = `${adyaFolder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const only = ["--no-default-features", "--locked", "--quiet", "--root", unfinished];
  await step(`building adya ${ADYA_VERSION}, once: this takes a minute`, async () =>
    run("nice", ["-n", "10", "cargo", "install", "adya", "--version", ADYA_VERSION, ...only]),
  );
  renameSync(unfinished, adyaFolder);
}

/** Runs a checker on an input, whatever it comes to. */
export async function ask(
  path: string,
  args: string[],
  input: string,
): Promise<{ status: number | null; said: string; complained: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { stdio: ["pipe", "pipe", "pipe"] });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (status) => {
      const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString("utf8");
      resolve({ status, said: text(out), complained: text(err) });
    });
    // One that ends without reading its input is no error of ours: its exit status tells.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
