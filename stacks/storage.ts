import type * as pulumi from "@pulumi/pulumi";
import { ExistingStorage } from "../components/storage/existing-storage";
import type { Cluster } from "./cluster";

/** What a target gives its databases to store on. */
export interface StackStorage {
  /** Class of the volumes; undefined for the cluster's default class. */
  storageClassName?: pulumi.Input<string>;
  /** Whether that class lets volumes grow, where it is known. */
  storageExpandable?: pulumi.Input<boolean>;
  /** VolumeAttributesClass of the volumes, where there is one. */
  volumeAttributesClassName?: pulumi.Input<string>;
  /** The claim that a database's full copies are made on, where the class makes no volumes. */
  scratchClaim?: (database: string) => string;
  /** The class in words. */
  className: string;
  /** Where volumes are, in words. */
  location: string;
  /** What a lost node means for a replica, in words. */
  whenNodeIsLost: string;
}

/** A class that the cluster has, or its default class. */
export function existingStorage(className: string | undefined, { provider }: Cluster): StackStorage {
  const storage = new ExistingStorage("storage", { className }, { provider });
  return {
    storageClassName: className,
    storageExpandable: storage.expandable,
    className: className ?? "the cluster's default class",
    location: "where the class puts them",
    whenNodeIsLost: "as the class says: on the node's own disk, the replica waits for its node",
  };
}
