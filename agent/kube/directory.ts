import type { Directory, Shown } from "../core/publish";
import { epochOf, mayReplace, type Route } from "../core/routes";
import type { Ordinal } from "../core/types";
import type { Notice } from "../core/notices";
import { unless, type KubeClient, type KubeObject } from "./client";

/** The annotation on an EndpointSlice that says when its addresses were true. */
export const FENCE = "stateful/fence";
/** The annotation on a pod that says what its agent is doing. */
export const STATE = "stateful/state";
/** The annotation on a pod with what is not as it was asked for: a list in JSON. */
export const NOTICES = "stateful/notices";
/** The label on a pod with what it does for clients. */
export const ROLE = "role";

/** Longest sentence in an annotation, in characters. */
const LONGEST = 1000;

/** Most notices of a pod: all of its annotations together may have 256 KiB. */
const MOST_NOTICES = 50;

const KINDS = ["primary", "replicas"] as const;
type RouteKind = (typeof KINDS)[number];

interface Pod extends KubeObject {
  status?: { podIP?: string };
}

interface EndpointSlice extends KubeObject {
  endpoints?: { addresses: string[] }[] | null;
}

/** What the directory needs to know of its database. */
export interface DirectoryOptions {
  namespace: string;
  /** The StatefulSet's name, and that of the primary's Service. */
  name: string;
  /** The port that clients connect to, and its name in the Services. */
  port: { name: string; number: number };
  labels: Record<string, string>;
}

/** Names the object that another one goes with. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
}

/** Shows members through pods' labels and through EndpointSlices of Services without a selector. */
export class KubeDirectory implements Directory {
  private ownerId: string | undefined;

  constructor(
    private readonly client: KubeClient,
    private readonly options: DirectoryOptions,
  ) {}

  /** The address of a member's pod; `undefined` when there is no such pod, or it has no address yet. */
  async address(ordinal: Ordinal): Promise<string | undefined> {
    return (await unless(404, this.client.get<Pod>(this.pod(ordinal))))?.status?.podIP;
  }

  /** Whether a member has a pod, ready or not. */
  async hasPod(ordinal: Ordinal): Promise<boolean> {
    return (await unless(404, this.client.get<Pod>(this.pod(ordinal)))) !== undefined;
  }

  async label(ordinal: Ordinal, { role, state, notices }: Shown): Promise<void> {
    const annotations = {
      ...(state === undefined ? {} : { [STATE]: state.slice(0, LONGEST) }),
      ...(notices === undefined ? {} : { [NOTICES]: noticesAsText(notices) }),
    };
    const metadata = { ...(role === undefined ? {} : { labels: { [ROLE]: role } }), annotations };
    // A member that is missing may have no pod.
    await unless(404, this.client.merge(this.pod(ordinal), { metadata }));
  }

  /** The epoch of the routes that are published; 0 if none are. */
  async publishedEpoch(): Promise<number> {
    const slices = await Promise.all(KINDS.map(async (kind) => this.published(this.service(kind))));
    return Math.max(...slices.map((slice) => epochOf(slice?.metadata.annotations?.[FENCE])));
  }

  async route(kind: RouteKind, route: Route, still: () => Promise<boolean>): Promise<void> {
    const service = this.service(kind);
    const present = await this.published(service);
    if (present && !mayReplace(present.metadata.annotations?.[FENCE], route.fence)) {
      throw new Error(`the route to ${service} is newer than what this member knows`);
    }
    const addresses = (present?.endpoints ?? []).flatMap((endpoint) => endpoint.addresses).sort();
    const same = addresses.join() === [...route.addresses].sort().join();
    if (same && present?.metadata.annotations?.[FENCE] === route.fence) return;
    // The last moment: from here on the version read above keeps a slower writer from winning.
    if (!(await still())) throw new Error("no longer the primary");
    const body = await this.slice(service, route, present?.metadata.resourceVersion);
    if (present) await this.client.replace(`${this.collection}/${service}`, body);
    else await this.client.create(this.collection, body);
  }

  private get collection(): string {
    return `/apis/discovery.k8s.io/v1/namespaces/${this.options.namespace}/endpointslices`;
  }

  private pod(ordinal: Ordinal): string {
    const { namespace, name } = this.options;
    return `/api/v1/namespaces/${namespace}/pods/${name}-${ordinal}`;
  }

  private service(kind: RouteKind): string {
    const { name } = this.options;
    return kind === "primary" ? name : `${name}-replicas`;
  }

  private async published(service: string): Promise<EndpointSlice | undefined> {
    return await unless(404, this.client.get<EndpointSlice>(`${this.collection}/${service}`));
  }

  private async slice(service: string, route: Route, version: string | undefined): Promise<object> {
    const { port, labels } = this.options;
    return {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: service,
        labels: {
          ...labels,
          "kubernetes.io/service-name": service,
          "endpointslice.kubernetes.io/managed-by": "stateful-agent",
        },
        annotations: { [FENCE]: route.fence },
        // Goes when the set goes: a Service without a selector cleans up after nobody.
        ownerReferences: [await this.owner()],
        ...(version === undefined ? {} : { resourceVersion: version }),
      },
      addressType: route.addresses.some((address) => address.includes(":")) ? "IPv6" : "IPv4",
      ports: [{ name: port.name, port: port.number, protocol: "TCP" }],
      endpoints: route.addresses.map((address) => ({
        addresses: [address],
        conditions: { ready: true, serving: true, terminating: false },
      })),
    };
  }

  /** Ties an object to the set, so that it goes when the set goes. */
  async owner(): Promise<OwnerReference> {
    this.ownerId ??= (await this.set()).metadata.uid ?? "";
    return { apiVersion: "apps/v1", kind: "StatefulSet", name: this.options.name, uid: this.ownerId };
  }

  /** The size of the set that is wanted now. */
  async replicas(): Promise<number> {
    return (await this.set()).spec.replicas;
  }

  private async set(): Promise<KubeObject & { spec: { replicas: number } }> {
    const { namespace, name } = this.options;
    return await this.client.get(`/apis/apps/v1/namespaces/${namespace}/statefulsets/${name}`);
  }
}

/** `null` takes the annotation away. */
function noticesAsText(notices: readonly Notice[]): string | null {
  if (notices.length === 0) return null;
  const cut = (text: string): string => text.slice(0, LONGEST);
  return JSON.stringify(
    notices.slice(0, MOST_NOTICES).map(({ severity, text, advice }) => ({
      severity,
      text: cut(text),
      ...(advice === undefined ? {} : { advice: cut(advice) }),
    })),
  );
}
