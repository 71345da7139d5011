/** The images of each version, where none is named: see `components/common/images.ts`. */
export const IMAGES = {
  /** The official ones, of their newest minor version. */
  server: {
    "8.4": "docker.io/library/mysql:8.4",
    "9.7": "docker.io/library/mysql:9.7",
  },
  /** Prometheus' own. */
  exporter: "docker.io/prom/mysqld-exporter:v0.20.0",
} as const;
