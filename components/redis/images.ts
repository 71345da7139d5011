/** The images of each version, where none is named: see `components/common/images.ts`. */
export const IMAGES = {
  /** The official ones, of their newest minor version. */
  server: {
    "8.1": "docker.io/valkey/valkey:8.1",
    "9.1": "docker.io/valkey/valkey:9.1",
    "8.0": "docker.io/library/redis:8.0",
  },
  /** Its makers' with a shell: the other one has nothing but the program. */
  exporter: "docker.io/oliver006/redis_exporter:v1.88.0-alpine",
} as const;

/** Who makes a version: one reads no data of the other. */
export type Brand = "valkey" | "redis";

export function brandOf(version: string): Brand {
  return version === "8.0" ? "redis" : "valkey";
}
