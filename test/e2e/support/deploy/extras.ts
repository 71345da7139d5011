import type { MeasuredEngine } from "../engines/engine";
import type { Setup } from "./measured-database";

/** As a sidecar should, it ends by SIGTERM: the first program of a container does so only where it says so. */
const WAITS = "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done";

/** What stands beside a database's servers: in words, and as a stack file has it. */
export interface Extras extends Required<Pick<Setup, "args">>, Pick<Setup, "follower"> {
  what: string;
}

/** @param exporterImage - of the engine's exporter, where the cluster has it */
export function extras(
  { extras: own }: Pick<MeasuredEngine, "extras">,
  images: Partial<Record<string, string>>,
  exporterImage: string | undefined,
): Extras {
  const sidecar = { name: "beside", image: images["tools"], command: ["sh", "-c", WAITS] };
  const parts = [
    "a sidecar",
    ...(exporterImage === undefined ? [] : ["an exporter"]),
    ...(own === undefined ? [] : [own.what]),
  ];
  const last = parts.pop() ?? "";
  return {
    what: parts.length === 0 ? last : `${parts.join(", ")} and ${last}`,
    args: {
      pod: { sidecars: [sidecar] },
      ...(exporterImage === undefined ? {} : { monitoring: { exporter: { image: exporterImage } } }),
      ...own?.args(images),
    },
    ...(own?.follower && { follower: own.follower }),
  };
}
