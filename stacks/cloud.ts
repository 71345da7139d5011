import { DEFAULT_EBS_CLASS_NAME, EbsStorage } from "../components/storage/ebs-storage";
import type { Cluster } from "./cluster";
import { ownLabel } from "./stack-label";
import { existingStorage, type StackStorage } from "./storage";
import type { CloudStorage } from "./types";

/** Storage in the cloud: EBS volumes, or a class that the cluster has. */
export function cloudStorage({ existing, type, ...ebs }: CloudStorage, cluster: Cluster): StackStorage {
  if (existing || type === undefined) return existingStorage(ebs.className, cluster);
  const storage = new EbsStorage("storage", { ...ebs, labels: ownLabel() }, { provider: cluster.provider });
  return {
    storageClassName: storage.storageClassName,
    storageExpandable: true,
    volumeAttributesClassName: ebs.volumeAttributesClass
      ? storage.volumeAttributesClassName.apply(String)
      : undefined,
    className: ebs.className ?? DEFAULT_EBS_CLASS_NAME,
    location: "EBS, in the zone of the pod",
    whenNodeIsLost: "the volume is attached to another node of its zone",
  };
}
