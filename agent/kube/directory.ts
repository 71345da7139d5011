import { FAMILIES, type Family, sliceName } from "../../components/protocol/names";
import { type EndpointSpec, endpointsBy, serviceOf, type Topology } from "../../components/protocol/topology";
import { ROLE_LABEL } from "../../components/protocol/labels";
import {
  FENCE,
  MAINTENANCE,
  MEMBERS,
  NOTICES,
  REASON,
  REPLACE_NOW,
  RESTORABLE,
  STATE,
} from "../../components/protocol/annotations";
import type { Maintenance } from "../../components/protocol/maintenance";
import { type Directory, MissingRoute, type Shown } from "../core/publish";
import { epochOf, mayReplace, type Route } from "../core/routes";
import type { EndingPods } from "../core/ending-pod";
import type { PodRevisions } from "../core/outdated-pod";
import type { PodOfSet, RolloutPods, SetOfPods } from "../core/rollout";
import type { Ordinal } from "../core/types";
import type { Notice } from "../core/notices";
import { unless, type KubeClient, type KubeObject } from "./client";

/** The label on a pod with the revision of its set that it was made from. */
const REVISION = "controller-revision-hash";

/** Longest sentence in an annotation, in characters. */
const LONGEST = 1000;

/** Most notices of a pod: all of its annotations together may have 256 KiB. */
const MOST_NOTICES = 50;

interface Pod extends KubeObject {
  spec?: { nodeName?: string };
  status?: {
    conditions?: { type: string; status: string }[];
    podIP?: string;
    phase?: string;
    containerStatuses?: { state?: { running?: object }; lastState?: { terminated?: object } }[];
  };
}

interface StatefulSet extends KubeObject {
  spec: {
    replicas: number;
    minReadySeconds?: number;
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } };
  };
  status?: {
    observedGeneration?: number;
    currentRevision?: string;
    /** How many pods of that revision there are. */
    currentReplicas?: number;
    updateRevision?: string;
  };
}

interface EndpointSlice extends KubeObject {
  endpoints?: { addresses: string[] }[] | null;
}

/** What the directory needs to know of its database. */
export interface DirectoryOptions {
  namespace: string;
  /** The StatefulSet's name, with which those of the Services begin. */
  name: string;
}

/** Names the object that another one goes with. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
}

/**
 * Shows members through pods' labels and through EndpointSlices of Services without a selector. The slices are made with
 * the stack: who could make some could lead the clients of any database of the namespace to himself.
 */
export class KubeDirectory implements Directory, PodRevisions, RolloutPods, EndingPods {
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

  /**
   * Whether a member certainly does not run: there is no pod, or one that has ended or has not been started. Of a pod on a node
   * that does not answer, Kubernetes says so only once somebody has vouched that the node is off.
   */
  async isAbsent(ordinal: Ordinal): Promise<boolean> {
    const pod = await unless(404, this.client.get<Pod>(this.pod(ordinal)));
    if (!pod) return true;
    const { phase, containerStatuses = [] } = pod.status ?? {};
    if (phase === "Failed" || phase === "Succeeded") return true;
    const started = containerStatuses.some(({ state, lastState }) => state?.running ?? lastState?.terminated);
    return phase === "Pending" && !started;
  }

  async outdated(ordinal: Ordinal): Promise<string | undefined> {
    const [set, pod] = await Promise.all([this.set(), this.seenPod(ordinal)]);
    const revision = pod?.metadata.labels?.[REVISION];
    const isOutdated = pod !== undefined && wantsAnother(set, pod);
    return isOutdated && replacesByWanted(set, ordinal, revision ?? "") ? pod.metadata.uid : undefined;
  }

  async ofSet(ordinals: readonly Ordinal[]): Promise<SetOfPods | undefined> {
    // The set first: of two revisions, a pod that is seen later is taken for too old rather than for new.
    const set = await this.set();
    const maintenance = maintenanceOf(set);
    if (maintenance === undefined) return undefined;
    const pods = await Promise.all(
      ordinals.map(async (ordinal): Promise<PodOfSet[]> => {
        const pod = await this.seenPod(ordinal);
        const { uid, deletionTimestamp } = pod?.metadata ?? {};
        if (pod === undefined || uid === undefined || deletionTimestamp !== undefined) return [];
        const ready = pod.status?.conditions?.some(
          ({ type, status }) => type === "Ready" && status === "True",
        );
        return [{ ordinal, uid, outdated: wantsAnother(set, pod), ready: ready === true }];
      }),
    );
    const now = set.metadata.annotations?.[REPLACE_NOW];
    return {
      maintenance,
      atOnce: now !== undefined && now === set.status?.updateRevision,
      minReady: (set.spec.minReadySeconds ?? 0) * 1000,
      pods: pods.flat(),
    };
  }

  private async seenPod(ordinal: Ordinal): Promise<Pod | undefined> {
    return await unless(404, this.client.get<Pod>(this.pod(ordinal)));
  }

  async remove(ordinal: Ordinal, uid: string): Promise<void> {
    await unless(404, this.client.remove(this.pod(ordinal), uid));
  }

  async isGoing(ordinal: Ordinal): Promise<boolean> {
    return (await this.seenPod(ordinal))?.metadata.deletionTimestamp !== undefined;
  }

  async label(ordinal: Ordinal, { role, state, reason, notices, restorable }: Shown): Promise<void> {
    const annotations = {
      ...(state === undefined ? {} : { [STATE]: state.slice(0, LONGEST) }),
      ...(reason === undefined ? {} : { [REASON]: reason }),
      ...(notices === undefined ? {} : { [NOTICES]: noticesAsText(notices) }),
      ...(restorable === undefined ? {} : { [RESTORABLE]: restorable === "" ? null : restorable }),
    };
    const metadata = { ...(role === undefined ? {} : { labels: { [ROLE_LABEL]: role } }), annotations };
    // A member that is missing may have no pod.
    await unless(404, this.client.merge(this.pod(ordinal), { metadata }));
  }

  /** Says on the StatefulSet how many members its ring has: fewer pods are refused it then (`components/agents/size-policy.ts`). */
  async showMembers(members: number): Promise<void> {
    const { namespace, name } = this.options;
    const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/${name}`;
    const metadata = { annotations: { [MEMBERS]: String(members) } };
    // Without the policies, which hold it to this annotation, its account has not the right.
    await unless(403, this.client.merge(path, { metadata }));
  }

  /** The epoch of the routes that are published; 0 if none are. */
  async publishedEpoch(topology: Topology): Promise<number> {
    const written = endpointsBy(topology, "agent", "engine");
    const names = written.flatMap((endpoint) => FAMILIES.map((family) => this.slice(endpoint, family)));
    const slices = await Promise.all(names.map(async (name) => this.published(name)));
    return Math.max(0, ...slices.map((slice) => epochOf(slice?.metadata.annotations?.[FENCE])));
  }

  async route(endpoint: EndpointSpec, route: Route, still: () => Promise<boolean>): Promise<void> {
    const used = FAMILIES.filter((family) => addressesOf(route, family).length > 0);
    // What leads somewhere comes first: clients wait for it.
    for (const family of [...used, ...FAMILIES.filter((other) => !used.includes(other))]) {
      await this.routeFamily(
        this.slice(endpoint, family),
        { ...route, addresses: addressesOf(route, family) },
        still,
      );
    }
  }

  private async routeFamily(name: string, route: Route, still: () => Promise<boolean>): Promise<void> {
    const present = await this.published(name);
    const addresses = (present?.endpoints ?? []).flatMap((endpoint) => endpoint.addresses).sort();
    if (route.addresses.length === 0 && addresses.length === 0) return;
    if (!present) {
      throw new MissingRoute(`the EndpointSlice ${name}, by which clients find the database, is not there`);
    }
    const { annotations, ownerReferences = [], resourceVersion } = present.metadata;
    if (!mayReplace(annotations?.[FENCE], route.fence)) {
      throw new Error(`the route in ${name} is newer than what this member knows`);
    }
    const same = addresses.join() === [...route.addresses].sort().join();
    if (same && annotations?.[FENCE] === route.fence) return;
    // The last moment: from here on the version read above keeps a slower writer from winning.
    if (!(await still())) throw new Error("no longer the primary");
    await this.client.merge(`${this.collection}/${name}`, {
      metadata: {
        resourceVersion,
        annotations: { [FENCE]: route.fence },
        // It belongs to the stack. Agents used to tie it to the set, and would lose it when the set is made anew.
        ...(ownerReferences.length > 0 ? { ownerReferences: null } : {}),
      },
      endpoints: route.addresses.map((address) => ({
        addresses: [address],
        conditions: { ready: true, serving: true, terminating: false },
      })),
    });
  }

  private get collection(): string {
    return `/apis/discovery.k8s.io/v1/namespaces/${this.options.namespace}/endpointslices`;
  }

  private pod(ordinal: Ordinal): string {
    const { namespace, name } = this.options;
    return `/api/v1/namespaces/${namespace}/pods/${name}-${ordinal}`;
  }

  /** Of both families of addresses each Service has a slice; a name with a dot is no Service's. */
  private slice(endpoint: EndpointSpec, family: Family): string {
    return sliceName(serviceOf(this.options.name, endpoint), family);
  }

  private async published(name: string): Promise<EndpointSlice | undefined> {
    return await unless(404, this.client.get<EndpointSlice>(`${this.collection}/${name}`));
  }

  /**
   * Ties an object to the set, so that it goes when the set goes. Asked anew each time: what names a set that was made
   * anew by its former UID is deleted at once.
   */
  async owner(): Promise<OwnerReference> {
    const uid = (await this.set()).metadata.uid ?? "";
    return { apiVersion: "apps/v1", kind: "StatefulSet", name: this.options.name, uid };
  }

  /** The size of the set that is wanted now. */
  async replicas(): Promise<number> {
    return (await this.set()).spec.replicas;
  }

  private async set(): Promise<StatefulSet> {
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

function addressesOf({ addresses }: Route, family: Family): string[] {
  return addresses.filter((address) => address.includes(":") === (family === "IPv6"));
}

/** Whether the set wants another one in the place of this pod of its. */
function wantsAnother(set: StatefulSet, { metadata }: Pod): boolean {
  const { labels, deletionTimestamp, ownerReferences = [] } = metadata;
  const { observedGeneration = 0, updateRevision = "" } = set.status ?? {};
  const ofThisSet = ownerReferences.some((owner) => owner.uid === set.metadata.uid);
  // Until the controller has seen the last change, the revision that it names may be one that was taken back.
  const settled = updateRevision !== "" && observedGeneration >= (set.metadata.generation ?? 0);
  const revision = labels?.[REVISION];
  if (!ofThisSet || !settled || revision === undefined || deletionTimestamp !== undefined) return false;
  return revision !== updateRevision;
}

/** When its members may replace their pods; `undefined` where Kubernetes does. */
function maintenanceOf({ metadata, spec }: StatefulSet): Maintenance | undefined {
  const said = metadata.annotations?.[MAINTENANCE];
  if (spec.updateStrategy?.type !== "OnDelete" || said === undefined) return undefined;
  return JSON.parse(said) as Maintenance;
}

/**
 * Whether the set's controller would make this member's next pod by the wanted revision. Without a partition it fills the places
 * of the lowest ordinals by the present one: as many as it last counted pods of that, by then without this one.
 */
function replacesByWanted(set: StatefulSet, ordinal: Ordinal, revision: string): boolean {
  const { spec, status = {} } = set;
  const { type = "RollingUpdate", rollingUpdate } = spec.updateStrategy ?? {};
  // Whoever else chose that strategy deletes pods himself.
  if (type !== "RollingUpdate") return maintenanceOf(set) !== undefined;
  if (rollingUpdate) return ordinal >= (rollingUpdate.partition ?? 0);
  const { currentRevision, currentReplicas = 0, updateRevision } = status;
  if (currentRevision === updateRevision) return true;
  return ordinal >= currentReplicas - (revision === currentRevision ? 1 : 0);
}
