// The library: components that run stateful databases on Kubernetes. Everything exported here is public.
export {
  type ApplicationVolumeArgs,
  type AutoscalingArgs,
  ConcurrencyPolicy,
  type HttpProbeArgs,
  type InitContainerArgs,
  type ScheduleArgs,
  type ScheduleHistoryArgs,
  type StatelessAppArgs,
} from "./application/args";
export { StatelessApp } from "./application/stateless-app";
export { AgentBundle, type AgentBundleArgs } from "./agents/agent-bundle";
export { InvalidArgsError, type Problem } from "./common/problems";
export { DataPolicy } from "./common/retention";
export type { SecretKeyArgs } from "./common/variables";
export {
  DatabaseCredentials,
  type DatabaseCredentialsArgs,
  type ExistingSecretArgs,
} from "./credentials/database-credentials";
export { Grant, type MoreDatabaseArgs, type UserArgs } from "./credentials/user-args";
export {
  type AffinityArgs,
  type DatabaseArgs,
  Durability,
  type LogsArgs,
  type ResourcesArgs,
  Spread,
  type TolerationArgs,
} from "./database/args";
export {
  type BackupArgs,
  type BackupBucketArgs,
  type BackupCredentialsArgs,
  type BackupDestinationArgs,
  type BackupDrillArgs,
  type BackupEncryptionArgs,
  type BackupLimitsArgs,
  type BackupS3Args,
  type BackupScheduleArgs,
  type BackupScratchArgs,
  BackupSource,
  type BackupVolumeArgs,
  type BucketDatabaseArgs,
  DrillInterval,
  type RestoreFromArgs,
} from "./backup/args";
export { BackupBucket } from "./backup/backup-bucket";
export type { PodArgs, PodMountArgs, PodVolumeArgs, SidecarArgs } from "./database/pod-args";
export type { ConnectionArgs } from "./database/connection";
export {
  type DashboardsArgs,
  type MonitoredDatabaseArgs,
  type MonitoringArgs,
  type PodMonitorArgs,
  type PrometheusObjectsArgs,
  type PrometheusRuleArgs,
} from "./monitoring/args";
export { PrometheusObjects } from "./monitoring/prometheus-objects";
export type {
  LogCollectionArgs,
  LogCredentialsArgs,
  LogDestinationArgs,
  LogEndpointArgs,
  LogFormatArgs,
  LogLokiArgs,
  LogOpenSearchArgs,
  LogS3Args,
  NodeAgentArgs,
  NodeAgentMonitoringArgs,
  NodeMonitoringArgs,
} from "./node-agents/args";
export { LogCollection } from "./node-agents/log-collection";
export { NodeMonitoring } from "./node-agents/node-monitoring";
export { type ClientArgs, type ExposureArgs, ExposureType } from "./network/args";
export { type CsiDriverArgs, EbsStorage, type EbsStorageArgs } from "./storage/ebs-storage";
export { ExistingStorage, type ExistingStorageArgs } from "./storage/existing-storage";
export {
  type HostPathDatabaseArgs,
  HostPathStorage,
  type HostPathStorageArgs,
} from "./storage/host-path-storage";
export { type NodeDirectoryArgs, NodeStorage, type NodeStorageArgs } from "./storage/node-storage";
export { type AuthorityArgs, type IssuerArgs, type TlsArgs } from "./tls/args";
export { CertificateAuthority, type CertificateAuthorityArgs } from "./tls/certificate-authority";
export { DatabaseCertificate, type DatabaseCertificateArgs } from "./tls/database-certificate";
export { ReplicaVolumes, type ReplicaVolumesArgs } from "./storage/replica-volumes";

// The engines, a line each.
export * from "./mysql";
export * from "./postgresql";
export * from "./cassandra";
export * from "./mongodb";
export * from "./redis";
