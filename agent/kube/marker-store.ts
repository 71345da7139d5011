import {
  FENCED,
  FOLLOWS,
  JOIN_UNREPAIRED,
  PROMOTE,
  RECOVER_FROM,
  SCALE_IN_TO,
} from "../../components/protocol/annotations";
import { isFollowState } from "../../components/protocol/follow";
import { parseMarker, type MarkerStore, type StoredMarker } from "../core/marker";
import type { Marker } from "../core/types";
import type { OwnerReference } from "./directory";
import { unless, type KubeClient, type KubeObject } from "./client";

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

/**
 * Keeps the marker as a ConfigMap `<name>-bootstrap`. The API server's own compare-and-swap decides
 * between members: creating an object that exists, or replacing one at a version that has passed, is
 * refused with 409.
 */
export class ConfigMapMarkers implements MarkerStore {
  private readonly collection: string;
  private readonly path: string;

  constructor(
    private readonly client: KubeClient,
    namespace: string,
    private readonly name: string,
    private readonly labels: Record<string, string>,
    /** What the marker goes with, where the data is deleted with its set; otherwise it outlives the set. */
    private readonly owner?: () => Promise<OwnerReference>,
  ) {
    this.collection = `/api/v1/namespaces/${namespace}/configmaps`;
    this.path = `${this.collection}/${name}`;
  }

  async read(): Promise<StoredMarker | undefined> {
    const object = await unless(404, this.client.get<ConfigMap>(this.path));
    return object && stored(object);
  }

  async create(marker: Marker): Promise<StoredMarker | undefined> {
    const body = await this.body(marker);
    return await this.written(this.client.create<ConfigMap>(this.collection, body));
  }

  async replace(marker: Marker, version: string): Promise<StoredMarker | undefined> {
    const body = await this.body(marker, version);
    return await this.written(this.client.replace<ConfigMap>(this.path, body));
  }

  private async written(answer: Promise<ConfigMap>): Promise<StoredMarker | undefined> {
    const object = await unless(409, answer);
    return object && stored(object);
  }

  private async body(marker: Marker, version?: string): Promise<object> {
    const { recoverFrom, scaleInTo, joinUnrepaired, follows, promote, fenced, ...rest } = marker;
    return {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: this.name,
        labels: this.labels,
        annotations: {
          ...(recoverFrom === undefined ? {} : { [RECOVER_FROM]: recoverFrom }),
          ...(scaleInTo === undefined ? {} : { [SCALE_IN_TO]: scaleInTo }),
          ...(joinUnrepaired === undefined ? {} : { [JOIN_UNREPAIRED]: joinUnrepaired }),
          ...(follows === undefined ? {} : { [FOLLOWS]: follows }),
          ...(promote === undefined ? {} : { [PROMOTE]: promote }),
          ...(fenced === undefined ? {} : { [FENCED]: fenced }),
        },
        ...(this.owner === undefined ? {} : { ownerReferences: [await this.owner()] }),
        ...(version === undefined ? {} : { resourceVersion: version }),
      },
      data: { marker: JSON.stringify(rest) },
    };
  }
}

function stored(object: ConfigMap): StoredMarker {
  const marker = parseMarker(object.data?.["marker"] ?? "null");
  const { annotations = {} } = object.metadata;
  const {
    [RECOVER_FROM]: recoverFrom,
    [SCALE_IN_TO]: scaleInTo,
    [JOIN_UNREPAIRED]: joinUnrepaired,
    [FOLLOWS]: follows,
    [PROMOTE]: promote,
    [FENCED]: fenced,
  } = annotations;
  if (follows !== undefined && !isFollowState(follows)) {
    throw new Error(`the marker's ${FOLLOWS} is "${follows.slice(0, 40)}": write source or promoted`);
  }
  return {
    marker: {
      ...marker,
      ...(recoverFrom === undefined ? {} : { recoverFrom }),
      ...(scaleInTo === undefined ? {} : { scaleInTo }),
      ...(joinUnrepaired === undefined ? {} : { joinUnrepaired }),
      ...(follows === undefined ? {} : { follows }),
      ...(promote === undefined ? {} : { promote }),
      ...(fenced === undefined ? {} : { fenced }),
    },
    version: object.metadata.resourceVersion ?? "",
  };
}
