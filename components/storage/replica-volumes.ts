import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type RetainingProvider, type DataPolicy, ownedAcrossLives, retained } from "../common/retention";
import { GROWS_UP_TO } from "../protocol/annotations";
import { claimName } from "../protocol/names";
import { sizeGuard } from "./size-guard";

/** The claims of a database's replicas. */
export interface ReplicaVolumesArgs {
  /** Name of the StatefulSet whose pods use the claims. */
  database: string;
  /** Namespace of the claims. */
  namespace: pulumi.Input<string>;
  /** How many claims, one for each replica. */
  replicas: number;
  /** Size of each claim as a Kubernetes quantity, for instance `20Gi`. May grow, never shrink. */
  storage: pulumi.Input<string>;
  /** What the volumes may grow to by themselves: somebody else raises the claims then. @default nothing */
  growsUpTo?: string;
  /** Class of the claims. @default the cluster's default class */
  storageClassName?: pulumi.Input<string>;
  /** VolumeAttributesClass of the claims (Kubernetes 1.34). @default none */
  volumeAttributesClassName?: pulumi.Input<string>;
  /** Whether the class lets volumes grow; otherwise growth is refused at preview. @default left to Kubernetes */
  expandable?: pulumi.Input<boolean>;
  /** What becomes of the claims when they leave the program. @default retain */
  dataPolicy?: DataPolicy;
  /** Labels of each claim. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** Provider with `upsertExistingObjects: true`, to find retained claims again. @default the parent's */
  retainingProvider?: RetainingProvider;
}

/**
 * One PersistentVolumeClaim per replica, owned by Pulumi and not by the StatefulSet.
 *
 * The claims carry the names that the StatefulSet controller looks for (`data-<database>-<ordinal>`), so it
 * adopts them instead of making its own. A larger `storage` then is an ordinary update of the claims: the
 * volumes grow while their pods run. In a StatefulSet's template the size could not be changed at all.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage
 */
export class ReplicaVolumes extends pulumi.ComponentResource {
  /** Names of the claims, in the order of the ordinals. */
  readonly claimNames: pulumi.Output<string[]>;

  constructor(name: string, args: ReplicaVolumesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("stateful:index:ReplicaVolumes", name, {}, opts);

    const hooks = sizeGuard(name, args.expandable);
    const claims = ordinals(args.replicas).map(
      (ordinal) =>
        new k8s.core.v1.PersistentVolumeClaim(
          `${name}-${ordinal}`,
          {
            metadata: {
              name: claimName(args.database, ordinal),
              namespace: args.namespace,
              labels: args.labels,
              // With a class that waits for the first consumer, a claim is not bound before its pod is there.
              annotations: {
                ...ownedAcrossLives(),
                "pulumi.com/skipAwait": "true",
                ...(args.growsUpTo === undefined ? {} : grown(args.growsUpTo)),
              },
            },
            spec: {
              accessModes: ["ReadWriteOnce"],
              storageClassName: args.storageClassName,
              volumeAttributesClassName: args.volumeAttributesClassName,
              resources: { requests: { storage: args.storage } },
            },
          },
          // Nothing is ignored: a field that is, is applied as it stands in the cluster, and so owned. The next life
          // of the stack, which does not apply it, would then try to take it away.
          retained(this, args.dataPolicy, args.retainingProvider, { hooks }),
        ),
    );

    this.claimNames = pulumi.all(claims.map((claim) => claim.metadata.name));
    this.registerOutputs({ claimNames: this.claimNames });
  }
}

/** The size is the agents' field once they have raised it, and a larger one in the program takes it back. */
function grown(upTo: string): Record<string, string> {
  return { [GROWS_UP_TO]: upTo, "pulumi.com/patchForce": "true" };
}

/** `0` to `replicas - 1`. */
export function ordinals(replicas: number): number[] {
  return Array.from({ length: replicas }, (_, ordinal) => ordinal);
}
