import type * as pulumi from "@pulumi/pulumi";
import type { BackupArgs } from "../components/backup/args";
import { wantedBackup } from "../components/backup/settings";
import {
  DEFAULT_CLASS_NAME,
  type HostPathDatabaseArgs,
  HostPathStorage,
  scratchClaimName,
} from "../components/storage/host-path-storage";
import type { Cluster } from "./cluster";
import { engineOf } from "./engines";
import { ownLabel } from "./stack-label";
import { existingStorage, type StackStorage } from "./storage";
import type { BareMetalStorage, DatabaseConfig } from "./types";

/** Storage on bare metal: directories on nodes, or a class that the cluster has. */
export function bareMetalStorage(
  { className, existing, path, nodes, ...nodeStorage }: BareMetalStorage,
  databases: DatabaseConfig[],
  namespace: pulumi.Input<string>,
  cluster: Cluster,
): StackStorage {
  if (existing || path === undefined || nodes === undefined) return existingStorage(className, cluster);
  const storage = new HostPathStorage(
    "storage",
    {
      ...nodeStorage,
      className,
      path,
      nodes,
      databases: databases.flatMap((database) => volumesOf(database, namespace)),
      labels: ownLabel(),
      retainingProvider: cluster.retainingProvider,
    },
    { provider: cluster.provider },
  );
  return {
    storageClassName: storage.storageClassName,
    storageExpandable: false,
    scratchClaim: scratchClaimName,
    className: className ?? DEFAULT_CLASS_NAME,
    location: `${path} on ${nodes.join(", ")}`,
    whenNodeIsLost: "the replica waits for its node, which has the data",
  };
}

/** Where full copies are made on a volume that nobody named. */
function makesScratch(backup: BackupArgs | undefined): boolean {
  const { claim, storageClassName } = backup?.scratch ?? {};
  return wantedBackup(backup) !== undefined && claim === undefined && storageClassName === undefined;
}

function volumesOf(
  { name, engine, args, nodes }: DatabaseConfig,
  namespace: pulumi.Input<string>,
): HostPathDatabaseArgs[] {
  const { storage } = args;
  if (storage === undefined) return [];
  return [
    {
      name,
      namespace,
      nodes,
      replicas: args.replicas,
      storage,
      userId: engineOf(engine).userId(args),
      dataPolicy: args.dataPolicy,
      ...(makesScratch(args.backup) ? { scratch: args.backup?.scratch?.size ?? storage } : {}),
    },
  ];
}
