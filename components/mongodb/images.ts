/** The images of each version, where none is named: see `components/common/images.ts`. Their licence is the SSPL. */
export const IMAGES = {
  /** The official ones, of their newest patch. */
  server: { "8.0": "docker.io/library/mongo:8.0", "7.0": "docker.io/library/mongo:7.0" },
} as const;
