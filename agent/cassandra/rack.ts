import { ONE_RACK, Racks } from "../../components/cassandra/protocol";
import { messageOf } from "../core/log";
import type { Notice, Notices } from "../core/notices";
import type { Ordinal, Report } from "../core/types";

/** What a rack can be called: the value of a label, as of a node's zone. */
const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** What the component writes where zones are racks. */
const BY_ZONE: string = Racks.Zones;

/** How a member begins. */
export enum Beginning {
  /** It goes on with its data. */
  None,
  /** It joins a ring, with an empty disk. */
  Joins,
  /** It begins a ring, with an empty disk. */
  Founds,
}

/** What is needed to say which rack a member is in. */
export interface RackParts {
  self: Ordinal;
  /** The file with its rack on its volume. */
  kept: { read: () => Promise<string | undefined>; write: (rack: string) => Promise<void> };
  /** What counts as a rack; `undefined`: they are all in one. */
  racks: () => Promise<string | undefined>;
  /** Of the node that the member's pod runs on; `undefined` while that is not known. */
  zone: () => Promise<string | undefined>;
  members: () => readonly Report[];
  notices: Notices;
}

/**
 * The rack that a member says it is in. It is the zone where the member began, and stays: by their racks the ring has placed the copies of each
 * row. A ring goes on as it was begun, whatever is asked for later.
 */
export class Rack {
  constructor(private readonly parts: RackParts) {}

  /** For one start. @throws Error that says what it waits for, while that is not known */
  async forStart(beginning: Beginning): Promise<string> {
    const { kept, notices } = this.parts;
    const before = nameIn(await kept.read());
    try {
      const rack = await this.choose(beginning, before);
      if (rack !== before) await kept.write(rack);
      notices.set("rack", undefined);
      return rack;
    } catch (error) {
      notices.set("rack", { severity: "problem", text: `it does not start: ${messageOf(error)}` });
      throw error;
    }
  }

  /** Says where a member is in another zone than its rack is called by. */
  async compare(): Promise<void> {
    this.parts.notices.set("rack", await this.difference());
  }

  private async difference(): Promise<Notice | undefined> {
    const rack = nameIn(await this.parts.kept.read()) ?? ONE_RACK;
    if (rack === ONE_RACK) {
      return (await this.byZone())
        ? {
            severity: "notice",
            text: "its ring was begun with all members in one rack, and goes on so, whatever racks says",
            advice: "leave out racks; or copy the data to a second database that begins with it",
          }
        : undefined;
    }
    // With the API server away the rest of the member's work goes on.
    const zone = await this.parts.zone().catch(() => undefined);
    return zone === undefined || rackOf(zone) === rack
      ? undefined
      : {
          severity: "notice",
          text: `it runs in the zone ${zone}, and the ring counts it to the rack ${rack}, by which it has placed the copies of each row`,
          advice: `have its pod run in ${rack} again; or take the member out of the ring for good, and add it anew`,
        };
  }

  private async choose(beginning: Beginning, before: string | undefined): Promise<string> {
    if (beginning === Beginning.None) return before ?? ONE_RACK;
    if (beginning === Beginning.Founds) return (await this.byZone()) ? await this.zoneHere() : ONE_RACK;
    const online = this.parts.members().filter(({ status }) => status.standing !== undefined);
    if (online.length === 0)
      throw new Error("no member of the ring has said yet in which racks the others are");
    const { self } = this.parts;
    const told = online.map(({ status }) => status.standing?.racks ?? {});
    const own = told.map((racks) => nameIn(racks[self])).find((rack) => rack !== undefined);
    // It takes its own former place.
    if (own !== undefined) return own;
    const others = told.flatMap((racks) => Object.values(racks));
    return others.some((rack) => rack !== ONE_RACK) ? await this.zoneHere() : ONE_RACK;
  }

  private async byZone(): Promise<boolean> {
    return (await this.parts.racks()) === BY_ZONE;
  }

  private async zoneHere(): Promise<string> {
    const zone = await this.parts.zone();
    if (zone === undefined) {
      throw new Error(
        "its pod has no label topology.kubernetes.io/zone, which says in which rack it is: Kubernetes takes it over from the node, from " +
          "version 1.35 on. Give the node that label, and make the pod anew; or leave out racks",
      );
    }
    return rackOf(zone);
  }
}

/** No zone's rack is called like that of a ring without racks. */
function rackOf(zone: string): string {
  return zone === ONE_RACK ? `zone-${zone}` : zone;
}

/** The name, if it can be one: a file or another member may say anything. */
function nameIn(text: string | undefined): string | undefined {
  const name = text?.trim();
  return name !== undefined && NAME.test(name) ? name : undefined;
}
