import { GROWN_FILE, GROWTH_FILE, type WantedGrowth } from "../components/protocol/growth";
import { parseBytes } from "../components/protocol/quantity";
import type { Credentials } from "./core/credentials";
import { VolumeGrowth, type VolumeGrowthParts } from "./core/growth";

/** Has the volume grow for as long as the agent runs, where the stack wants that. Nothing waits for it. */
export function watchGrowth(
  credentials: Credentials,
  parts: Omit<VolumeGrowthParts, "wanted" | "told">,
): VolumeGrowth {
  const growth = new VolumeGrowth({
    ...parts,
    wanted: async () => {
      const said = await credentials.find(GROWTH_FILE);
      return said === undefined ? undefined : (JSON.parse(said) as WantedGrowth);
    },
    told: async () => parseBytes((await credentials.find(GROWN_FILE)) ?? "") ?? 0,
  });
  void growth.run(async (duration) => new Promise((resolve) => setTimeout(resolve, duration)));
  return growth;
}
