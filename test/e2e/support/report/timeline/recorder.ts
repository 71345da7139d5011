import { COMPONENT, INSTANCE } from "../../../../../components/protocol/labels";
import { endpointsBy, serviceOf } from "../../../../../components/protocol/topology";
import type { Pod } from "../../../../../operate/kube/objects";
import { Watch } from "../../cluster/watch";
import type { Scene } from "../../faults/scene";
import type { RunOutcome } from "../../run";
import { type EndpointSlice, type Head, type Timeline, timelineOf } from "./timeline";

/** Until both watches have told what there is, s. */
const BEGINS_WITHIN = 30;

/** Hears what a database's pods and the routes to it show, while a run goes on. */
export class Recorder {
  private constructor(
    private readonly scene: Scene,
    private readonly pods: Watch<Pod>,
    private readonly slices: Watch<EndpointSlice>,
  ) {}

  static async start(scene: Scene): Promise<Recorder> {
    const { namespace, database } = scene;
    const services = watched(scene).map((endpoint) => serviceOf(database, endpoint));
    const recorder = new Recorder(
      scene,
      new Watch(namespace, ["pods", "-l", `${INSTANCE}=${database},${COMPONENT}=database`]),
      new Watch(namespace, ["endpointslices", "-l", `kubernetes.io/service-name in (${services.join(",")})`]),
    );
    try {
      await recorder.pods.first("a pod", BEGINS_WITHIN, () => true);
      await recorder.slices.first("a slice", BEGINS_WITHIN, () => true);
    } catch (error) {
      recorder.close();
      throw error;
    }
    return recorder;
  }

  /** What was heard in a run that is over. */
  timeline(head: Head, { verdict, attempts, faultAt }: RunOutcome): Timeline {
    const { database, pods } = this.scene;
    return timelineOf(head, verdict, {
      ...{ database, pods, attempts, faultAt },
      endpoints: watched(this.scene),
      podEvents: this.pods.heard,
      sliceEvents: this.slices.heard,
    });
  }

  close(): void {
    this.pods.close();
    this.slices.close();
  }
}

/** The names that lead to members by themselves. */
function watched({ engine: { topology } }: Pick<Scene, "engine">) {
  return endpointsBy(topology, "agent", "engine", "selector").filter(
    (endpoint) => endpoint.for !== "discovery",
  );
}
