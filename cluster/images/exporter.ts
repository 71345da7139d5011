import type { Image } from "./image";
import { imageName } from "./names";

/**
 * Debian's exporter of an engine, called as its makers' is.
 *
 * @param program what that is called
 * @param version of Debian's package, up to what may change
 */
export function exporterImage(program: string, version: string): Image {
  return {
    name: imageName(`${program}-exporter`, version),
    suite: "trixie",
    packages: [`prometheus-${program}-exporter=${version}.*`],
    finish: "exporter.sh",
    config: { command: ["sleep", "infinity"], user: "65534:65534" },
  };
}
