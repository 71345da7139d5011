import { jars } from "../../jars";
import { exporterImage } from "../exporter";
import type { Image } from "../image";
import { imageName } from "../names";

/** What Debian puts before the brand's own versions. */
const EPOCH = { valkey: "", redis: "5:" };

/** The images that Valkey and Redis run on. */
export const images: Image[] = [
  server("valkey", "8.1", "trixie"),
  server("valkey", "9.1", "sid"),
  server("redis", "8.0", "trixie"),
];

/** Clients of other languages than the tests', as their applications have them; and its exporter. */
export const onDemand: Image[] = [
  exporterImage("redis", "1.69"),
  {
    name: imageName("redis-clients", "1"),
    suite: "trixie",
    packages: ["python3-redis=6.1.*", "openjdk-21-jdk-headless=21.*"],
    // Java's package links its manual there, for which images have no folder.
    aptOptions: ["-o", "DPkg::Pre-Invoke::=mkdir -p /usr/share/man/man1"],
    jars: "redis",
    files: Object.fromEntries([...jars("redis")].map(([file, source]) => [`/opt/jedis/${file}`, source])),
    config: { command: ["sleep", "infinity"], user: "1000:1000" },
  },
];

function server(brand: "valkey" | "redis", version: string, suite: "trixie" | "sid"): Image {
  return {
    name: imageName(brand, version),
    suite,
    packages: ["server", "tools"].map((part) => `${brand}-${part}=${EPOCH[brand]}${version}.*`),
    finish: "redis.sh",
    config: { command: [`${brand}-server`], user: "999:999" },
  };
}
