import { memberServiceName } from "../../components/protocol/names";
import type { Clock } from "../core/clock";
import type { Ordinal } from "../core/types";
import { unless, type KubeClient, type KubeObject } from "./client";

interface Service extends KubeObject {
  spec?: { clusterIP?: string };
}

/** A Service's address stays for as long as it is there: it may have been made, or made anew, after this time, ms. */
const FRESH = 30_000;

/** The addresses by which members are known: those of their Services, as the API server says. */
export class MemberServices {
  private readonly known = new Map<Ordinal, { address: string | undefined; at: number }>();

  constructor(
    private readonly client: KubeClient,
    private readonly namespace: string,
    private readonly database: string,
    private readonly clock: Clock,
  ) {}

  /** `undefined` where the member has no Service. Rejects when the API server has never said. */
  async address(ordinal: Ordinal): Promise<string | undefined> {
    const known = this.known.get(ordinal);
    if (known !== undefined && this.clock() - known.at < FRESH) return known.address;
    const path = `/api/v1/namespaces/${this.namespace}/services/${memberServiceName(this.database, ordinal)}`;
    try {
      const address = (await unless(404, this.client.get<Service>(path)))?.spec?.clusterIP;
      this.known.set(ordinal, { address, at: this.clock() });
      return address;
    } catch (error) {
      if (known === undefined) throw error;
      // Asked again in a while: one request after the other would wait for a server that is away.
      this.known.set(ordinal, { ...known, at: this.clock() });
      return known.address;
    }
  }
}
