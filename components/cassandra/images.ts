/** The images of each version, where none is named: see `components/common/images.ts`. */
export const IMAGES = {
  /** The official ones, of their newest minor version. */
  server: { "5.0": "docker.io/library/cassandra:5.0" },
} as const;
