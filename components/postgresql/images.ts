/** The images of each version, where none is named: see `components/common/images.ts`. */
export const IMAGES = {
  /** No official one has Patroni. https://github.com/timescale/timescaledb-docker-ha */
  server: {
    "16": "docker.io/timescale/timescaledb-ha:pg16-oss",
    "17": "docker.io/timescale/timescaledb-ha:pg17-oss",
    "18": "docker.io/timescale/timescaledb-ha:pg18-oss",
  },
  /** Prometheus' own. */
  exporter: "quay.io/prometheuscommunity/postgres-exporter:v0.20.1",
  /** CloudNativePG's: Debian with the package of PostgreSQL's own project. */
  pgbouncer: "ghcr.io/cloudnative-pg/pgbouncer:1.25.2",
} as const;
