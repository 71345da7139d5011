import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { binary } from "../binaries";
import type { Image } from "./image";
import { imageName, pauseImage } from "./names";

/** One file for each engine, which exports its `images` and, where a suite wants more, `onDemand`. */
const ENGINES = join(__dirname, "engines");

/** Every image, in the order in which they are made: what all else needs comes first. */
export function catalogue(): Image[] {
  return [
    {
      name: pauseImage,
      files: { "/pause": binary("pause", "pause") },
      config: { entrypoint: ["/pause"], user: "65535:65535" },
    },
    {
      name: imageName("coredns", "1.12.4"),
      files: { "/coredns": binary("coredns", "coredns") },
      config: { entrypoint: ["/coredns"] },
    },
    ...ofEngines("images"),
    {
      name: imageName("restic", "0.18"),
      suite: "trixie",
      packages: ["restic=0.18.*"],
      config: { entrypoint: ["/usr/bin/restic"], user: "1000:1000" },
    },
    {
      name: imageName("node", "20"),
      suite: "trixie",
      packages: ["nodejs=20.*"],
      finish: "node.sh",
      config: { command: ["node"], user: "1000:1000" },
    },
    {
      name: imageName("tools", "1"),
      suite: "trixie",
      packages: [
        "bind9-host",
        "busybox-static",
        "ca-certificates",
        "curl",
        "e2fsprogs",
        "iproute2",
        "iputils-ping",
        "jq",
        "netcat-openbsd",
        "openssl",
        "procps",
      ],
      config: { command: ["sleep", "infinity"] },
    },
  ];
}

/** Images that no node begins with: a suite has them made that wants them. */
export function onDemand(): Image[] {
  return ofEngines("onDemand");
}

function ofEngines(kind: "images" | "onDemand"): Image[] {
  const load = createRequire(__filename);
  return readdirSync(ENGINES)
    .sort()
    .flatMap((file) => (load(join(ENGINES, file)) as Partial<Record<typeof kind, Image[]>>)[kind] ?? []);
}
