import { createHash } from "node:crypto";
import { createReadStream, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "../shell";

/** Run-time settings of an image, as in a Dockerfile. */
export interface ImageConfig {
  entrypoint?: string[];
  command?: string[];
  environment?: Record<string, string>;
  /** User (and group) that containers run as, e.g. `999:999`. */
  user?: string;
  workingDir?: string;
}

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Packs layers (plain tar files, lowest first) into an OCI archive that `ctr images import` reads. Nothing in it
 * depends on the time, so the same layers make the same image.
 */
export async function packImage(
  name: string,
  layers: string[],
  config: ImageConfig,
  archive: string,
): Promise<void> {
  const folder = `${archive}.unfinished`;
  const blobs = join(folder, "blobs", "sha256");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(blobs, { recursive: true });
  const descriptors = [];
  for (const layer of layers) {
    const { digest, size } = await digestOf(layer);
    linkSync(layer, join(blobs, digest));
    descriptors.push({
      mediaType: "application/vnd.oci.image.layer.v1.tar",
      digest: `sha256:${digest}`,
      size,
    });
  }
  const addJson = (mediaType: string, value: unknown): Descriptor => {
    const text = JSON.stringify(value);
    const digest = createHash("sha256").update(text).digest("hex");
    writeFileSync(join(blobs, digest), text);
    return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
  };
  const imageConfig = addJson("application/vnd.oci.image.config.v1+json", {
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: {
      Entrypoint: config.entrypoint,
      Cmd: config.command,
      Env: Object.entries({ PATH: defaultPath, ...config.environment }).map(
        ([key, value]) => `${key}=${value}`,
      ),
      User: config.user,
      WorkingDir: config.workingDir,
    },
    rootfs: { type: "layers", diff_ids: descriptors.map(({ digest }) => digest) },
  });
  const manifestType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = addJson(manifestType, {
    schemaVersion: 2,
    mediaType: manifestType,
    config: imageConfig,
    layers: descriptors,
  });
  const index = {
    schemaVersion: 2,
    manifests: [{ ...manifest, annotations: { "io.containerd.image.name": name } }],
  };
  writeFileSync(join(folder, "index.json"), JSON.stringify(index));
  writeFileSync(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  await run("tar", ["-C", folder, "-cf", `${archive}.new`, "oci-layout", "index.json", "blobs"]);
  renameSync(`${archive}.new`, archive);
  rmSync(folder, { recursive: true });
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

async function digestOf(path: string): Promise<{ digest: string; size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
      }
    },
  );
  return { digest: hash.digest("hex"), size };
}
