/**
 * The images that the components use where none is named, beside those of each engine, which are in its `images.ts`. A tag moves:
 * to pin one for all databases, write its digest behind it, `docker.io/library/node:24-bookworm-slim@sha256:…`.
 */
export const DEFAULT_IMAGES = {
  /** Node's stock one, of the release with long-term support. */
  agent: "docker.io/library/node:24-bookworm-slim",
  /** Stores full copies, encrypted and without what is there already. */
  restic: "docker.io/restic/restic:0.18.0",
  /** Makes directories on nodes. */
  nodeStorage: "docker.io/library/busybox:1.37",
  /** Fluent Bit, of which there is nothing but the program. */
  logCollection: "docker.io/fluent/fluent-bit:5.1.1",
  /** Prometheus' node-exporter. */
  nodeMonitoring: "quay.io/prometheus/node-exporter:v1.12.1",
} as const;

/** The image of a version of an engine; of one that there is not, which is a mistake among others, that of the first. */
export function imageOf(images: Readonly<Record<string, string>>, version: string): string {
  const image = images[version] ?? Object.values(images)[0];
  if (image === undefined) throw new Error("an engine without an image");
  return image;
}
