import type { Image } from "../image";
import { imageName } from "../names";

/** The image that Valkey runs on. */
export const images: Image[] = [
  {
    name: imageName("valkey", "8.1"),
    suite: "trixie",
    packages: ["valkey-server=8.1.*", "valkey-sentinel=8.1.*", "valkey-tools=8.1.*"],
    finish: "valkey.sh",
    config: { command: ["valkey-server"], user: "999:999" },
  },
];
