import { MAX_MEMBERS } from "../../components/protocol/members";
import type { Reached, StartContext } from "../core/engine";
import type { Notices } from "../core/notices";
import { readIfThere } from "../core/record";
import type { Certificate } from "../core/tls";
import type { Ordinal, Report } from "../core/types";
import type { MemberServices } from "../kube/member-services";
import type { LocalServer } from "./client";
import { Beginning, type Rack } from "./rack";
import type { Start, StartFiles } from "./settings";

/** What a start is made of. */
export interface StartParts {
  self: Reached;
  server: Pick<LocalServer, "close">;
  services: Pick<MemberServices, "address">;
  startFiles: StartFiles;
  rack: Rack;
  certificate: Certificate;
  notices: Notices;
  /** What is known of all members at this moment. */
  members: () => readonly Report[];
  /** What the component asks for. */
  settingsFile: string;
}

/** How a server comes into its ring: by which address, beside whom, in which rack. */
export class RingStarts {
  constructor(private readonly parts: StartParts) {}

  /** Writes what the server reads. @returns arguments of this start alone */
  async prepare({ cluster, begins = false, replicas }: StartContext): Promise<string[]> {
    if (cluster === undefined) throw new Error("it is not known which ring this member is of");
    const addresses = await this.addresses(replicas);
    const address = this.ownAddress(addresses);
    const seeds = begins ? this.seedsOfRing(addresses) : [...addresses.values()];
    const replaces = begins && this.isInRing();
    if (replaces) this.refuseSingleCopies();
    const rack = await this.parts.rack.forStart(begins ? Beginning.Joins : Beginning.None);
    await this.write({ cluster, address, seeds, rack, founding: false });
    return replaces ? [`-Dcassandra.replace_address_first_boot=${address}`] : [];
  }

  /** The same, of a server that begins a ring. */
  async prepareFounding(cluster: string): Promise<void> {
    const address = this.ownAddress(await this.addresses());
    const rack = await this.parts.rack.forStart(Beginning.Founds);
    await this.write({ cluster, address, seeds: [address], rack, founding: true });
  }

  /** By ordinal, of all members that have a Service. */
  async addresses(size = MAX_MEMBERS): Promise<Map<Ordinal, string>> {
    const found = new Map<Ordinal, string>();
    for (let ordinal = 0; ordinal < Math.max(size, this.parts.self.ordinal + 1); ordinal++) {
      const address = await this.parts.services.address(ordinal);
      if (address !== undefined) found.set(ordinal, address);
    }
    return found;
  }

  private async write(start: Omit<Start, "listen">): Promise<void> {
    const { certificate, startFiles, settingsFile, server, self } = this.parts;
    await certificate.check();
    await server.close();
    const settings = await readIfThere(settingsFile);
    if (settings === undefined) throw new Error(`there are no settings: ${settingsFile}`);
    await startFiles.write(settings, { ...start, listen: self.address });
  }

  private ownAddress(addresses: ReadonlyMap<Ordinal, string>): string {
    const { ordinal } = this.parts.self;
    const address = addresses.get(ordinal);
    if (address === undefined)
      throw new Error(`member ${ordinal} has no Service, by which the others would know it`);
    return address;
  }

  /** Of members that have a part of the ring: by itself alone, who is new would begin another one. */
  private seedsOfRing(addresses: ReadonlyMap<Ordinal, string>): string[] {
    const online = this.parts.members().filter(({ status }) => status.member === "online");
    const seeds = online.flatMap(({ ordinal }) => addresses.get(ordinal) ?? []);
    if (seeds.length === 0) throw new Error("no member of the ring is up that this one could join it by");
    return seeds;
  }

  /** In its place, who lost its disk would say that rows of which it had the only copy are not there. */
  private refuseSingleCopies(): void {
    const { members, notices } = this.parts;
    const single = new Set(members().flatMap(({ status }) => status.standing?.single ?? []));
    const names = [...single].sort().join(", ");
    const why = `it has lost its disk, and with it the only copy of some rows of the keyspaces that have one copy: ${names}`;
    notices.set(
      "single copies",
      single.size === 0
        ? undefined
        : {
            severity: "problem",
            text: `${why}; nobody must take them for rows that never were`,
            advice:
              "give each of them 3 copies (ALTER KEYSPACE), or drop it: the member then takes its place",
          },
    );
    if (single.size > 0) throw new Error(why);
  }

  /** Who lost its disk takes its own former place: the ring has it still. */
  private isInRing(): boolean {
    const { self, members } = this.parts;
    return members().some(
      ({ ordinal, status }) =>
        ordinal !== self.ordinal && status.view?.members.includes(self.ordinal) === true,
    );
  }
}
