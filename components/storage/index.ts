/**
 * What a program that uses the library sees of storage: classes, volumes, and what they lie on.
 *
 * @module
 */
export { type CsiDriverArgs, EbsStorage, type EbsStorageArgs } from "./ebs-storage";
export { ExistingStorage, type ExistingStorageArgs } from "./existing-storage";
export type { StorageGrowthArgs } from "./growth-args";
export { type HostPathDatabaseArgs, HostPathStorage, type HostPathStorageArgs } from "./host-path-storage";
export { type NodeDirectoryArgs, NodeStorage, type NodeStorageArgs } from "./node-storage";
export { ReplicaVolumes, type ReplicaVolumesArgs } from "./replica-volumes";
