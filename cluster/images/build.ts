import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { binariesDir } from "../binaries";
import { ensureJars } from "../jars";
import { cacheDir, sources } from "../layout";
import { step } from "../progress";
import { run } from "../shell";
import type { Image } from "./image";
import { packImage } from "./oci";

/** Folder in the cache with one archive for each image, and the layers they are made of. */
const imagesDir = join(cacheDir, "images");

/** Where the cache has an image's archive once that is made. */
export function archiveOf(image: Image): string {
  return join(imagesDir, `${fileName(image)}.tar`);
}

/** Debian's smallest system of a suite, unpacked: what the layers of its images stand on. */
export function baseOf(suite: string): string {
  return join(imagesDir, `base-${suite}`);
}

/** Makes an image's archive, unless the cache has it, and returns its path. */
export async function ensureImage(image: Image): Promise<string> {
  const archive = archiveOf(image);
  if (existsSync(archive)) return archive;
  mkdirSync(imagesDir, { recursive: true });
  if (image.jars !== undefined) await ensureJars(image.jars);
  await step(`making image ${image.name}`, async () => {
    const layers: string[] = [];
    if (image.suite) layers.push(await ensureBase(image.suite));
    if (image.suite && image.packages) layers.push(await packageLayer(image, image.suite));
    if (image.files) layers.push(await fileLayer(image));
    await packImage(image.name, layers, image.config, archive);
    for (const layer of layers.slice(image.suite ? 1 : 0)) rmSync(layer);
  });
  return archive;
}

/** Debian's smallest system of a suite, unpacked beside its layer: other layers are made on top of it. */
async function ensureBase(suite: string): Promise<string> {
  const layer = join(imagesDir, `base-${suite}.tar`);
  if (!existsSync(layer)) await script("make-base.sh", [suite, baseOf(suite), layer]);
  return layer;
}

async function packageLayer(image: Image, suite: string): Promise<string> {
  const layer = join(imagesDir, `${fileName(image)}.packages.tar`);
  const finish = image.finish === undefined ? "" : join(sources, "images", image.finish);
  await script("add-packages.sh", [
    baseOf(suite),
    layer,
    finish,
    ...(image.aptOptions ?? []),
    ...(image.packages ?? []),
  ]);
  return layer;
}

async function fileLayer(image: Image): Promise<string> {
  const layer = join(imagesDir, `${fileName(image)}.files.tar`);
  const root = `${layer}.root`;
  rmSync(root, { recursive: true, force: true });
  for (const [path, source] of Object.entries(image.files ?? {})) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    linkSync(join(binariesDir, source), join(root, path));
  }
  await run("tar", [
    "--sort=name",
    "--mtime=@0",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "-C",
    root,
    "-cf",
    layer,
    ".",
  ]);
  rmSync(root, { recursive: true });
  return layer;
}

async function script(name: string, args: string[]): Promise<void> {
  await run("nice", ["-n", "10", "bash", join(sources, "images", name), ...args]);
}

/** Made of all that goes into the image: a change makes a new one. */
function fileName(image: Image): string {
  const hash = createHash("sha256").update(JSON.stringify(image));
  const scripts = image.suite
    ? ["make-base.sh", "add-packages.sh", ...(image.finish ? [image.finish] : [])]
    : [];
  for (const name of scripts) hash.update(readFileSync(join(sources, "images", name)));
  const name = basename(image.name).replace(/:.*/, "");
  return `${name}-${hash.digest("hex").slice(0, 12)}`;
}
