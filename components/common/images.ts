/**
 * Every image that the components use where none is named. A tag moves: to pin one for all databases, write its digest behind it,
 * `docker.io/library/node:24-bookworm-slim@sha256:…`.
 */
export const DEFAULT_IMAGES = {
  /** Node's stock one, of the release with long-term support. */
  agent: "docker.io/library/node:24-bookworm-slim",
  /** The official ones, of their newest minor version. */
  mysql: {
    "8.4": "docker.io/library/mysql:8.4",
    "9.7": "docker.io/library/mysql:9.7",
  },
  /** No official one has Patroni. https://github.com/timescale/timescaledb-docker-ha */
  postgresql: {
    "16": "docker.io/timescale/timescaledb-ha:pg16-oss",
    "17": "docker.io/timescale/timescaledb-ha:pg17-oss",
    "18": "docker.io/timescale/timescaledb-ha:pg18-oss",
  },
  /** CloudNativePG's: Debian with the package of PostgreSQL's own project. */
  pgbouncer: "ghcr.io/cloudnative-pg/pgbouncer:1.25.2",
  /** Makes directories on nodes. */
  nodeStorage: "docker.io/library/busybox:1.37",
} as const;

/** The image of a checked version of an engine. */
export function imageOf(images: Readonly<Record<string, string>>, version: string): string {
  const image = images[version];
  if (image === undefined) throw new Error(`no image of version ${version}: it was not checked`);
  return image;
}
