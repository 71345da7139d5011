import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheDir } from "../layout";
import { archiveOf, baseOf } from "./build";
import type { Image } from "./image";

/** Programs of images that the cache has, for tests beside the cluster: unpacked into the cache, and run with their own system's libraries. */
const folder = join(cacheDir, "programs");

/** What loads a program and its libraries, by Node's name of the processor. */
const LOADERS: Partial<Record<string, string>> = {
  x64: "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
  arm64: "usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1",
};

/** A program of an image; `undefined` where the cache has not got the image, or this machine cannot run it. */
export function cachedProgram(image: Image, program: string): string | undefined {
  const { suite } = image;
  const loader = LOADERS[process.arch];
  if (process.platform !== "linux" || suite === undefined || loader === undefined) return undefined;
  const archive = archiveOf(image);
  if (!existsSync(archive) || !existsSync(join(baseOf(suite), loader))) return undefined;
  const unpacked = join(folder, basename(archive, ".tar"));
  const runs = join(unpacked, program);
  if (!existsSync(runs)) unpack(archive, { unpacked, program, base: baseOf(suite), loader });
  return spawnSync(runs, ["--version"]).status === 0 ? runs : undefined;
}

function unpack(
  archive: string,
  { unpacked, program, base, loader }: { unpacked: string; program: string; base: string; loader: string },
): void {
  const read = (path: string): unknown =>
    JSON.parse(execFileSync("tar", ["-xOf", archive, path], { encoding: "utf8" }));
  const blob = (digest: string): string => `blobs/${digest.replace(":", "/")}`;
  const { manifests } = read("index.json") as { manifests: { digest: string }[] };
  const { layers } = read(blob(manifests[0]?.digest ?? "")) as { layers: { digest: string }[] };
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, "unfinished-"));
  // The first layer is the base.
  for (const { digest } of layers.slice(1)) {
    const layer = join(work, "layer.tar");
    execFileSync("sh", ["-c", 'tar -xOf "$0" "$1" >"$2"', archive, blob(digest), layer]);
    execFileSync("tar", [
      "-xf",
      layer,
      "--no-same-owner",
      "-C",
      work,
      "--wildcards",
      "./usr/bin/*",
      "./usr/lib/*",
    ]);
    rmSync(layer);
  }
  const libraries = loader.slice(0, loader.lastIndexOf("/"));
  const paths = [join(unpacked, libraries), join(base, libraries)].join(":");
  const line = `exec '${join(base, loader)}' --library-path '${paths}' '${join(unpacked, "usr", "bin", program)}' "$@"`;
  writeFileSync(join(work, program), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  rmSync(unpacked, { recursive: true, force: true });
  renameSync(work, unpacked);
}
