import { only, type SettingMistake } from "../../settings/check";

const BY_AGENT = "the members' agents see to it";
const BY_TLS = "the certificate is given by tls";
const BY_ACCOUNTS = "accounts are made from the Secret";
const BY_PATHS = "the data lives in a sub-directory of the replica's volume";
const BY_SERVICE = "the Services point at 27017, on every address of the pod";
const BY_LOG = "the log goes to the container's output";
const BY_LOGS =
  "logs.slowQueries says from when on an operation is slow, and logs it without its values; the server's own lines have them all";
const NO_SHARDS = "it is one replica set, without shards";
const NOT_THERE = "the community's server does not have it";

/** What the component keeps for itself, with the reason. */
export const RESERVED_SETTINGS: Readonly<Record<string, string>> = {
  "systemLog.destination": BY_LOG,
  "systemLog.path": BY_LOG,
  "systemLog.logAppend": BY_LOG,
  "systemLog.logRotate": BY_LOG,
  "systemLog.syslogFacility": BY_LOG,
  "operationProfiling.slowOpThresholdMs": BY_LOGS,
  "operationProfiling.slowOpSampleRate": BY_LOGS,
  "processManagement.fork": BY_AGENT,
  "processManagement.pidFilePath": "the root file system is read-only",
  "processManagement.timeZoneInfo": "the image has it",
  "net.port": BY_SERVICE,
  "net.bindIp": BY_SERVICE,
  "net.bindIpAll": BY_SERVICE,
  "net.ipv6": "it is on where the node has it",
  "net.unixDomainSocket.enabled": "nobody uses it",
  "net.unixDomainSocket.pathPrefix": "nobody uses it",
  "net.unixDomainSocket.filePermissions": "nobody uses it",
  "net.tls.mode": BY_TLS,
  "net.tls.certificateKeyFile": BY_TLS,
  "net.tls.certificateKeyFilePassword": BY_TLS,
  "net.tls.certificateSelector": BY_TLS,
  "net.tls.clusterFile": BY_TLS,
  "net.tls.clusterPassword": BY_TLS,
  "net.tls.clusterCAFile": BY_TLS,
  "net.tls.CAFile": BY_TLS,
  "net.tls.CRLFile": BY_TLS,
  "net.tls.allowConnectionsWithoutCertificates": BY_TLS,
  "net.tls.allowInvalidCertificates": BY_TLS,
  "net.tls.allowInvalidHostnames": BY_TLS,
  "net.tls.disabledProtocols": BY_TLS,
  "net.tls.FIPSMode": NOT_THERE,
  "security.authorization": BY_ACCOUNTS,
  "security.keyFile": BY_ACCOUNTS,
  "security.clusterAuthMode": BY_ACCOUNTS,
  "security.transitionToAuth": BY_ACCOUNTS,
  "security.clusterIpSourceAllowlist": "a NetworkPolicy says who reaches the members",
  "security.redactClientLogData": NOT_THERE,
  "security.enableEncryption": NOT_THERE,
  "auditLog.destination": NOT_THERE,
  "storage.dbPath": BY_PATHS,
  "storage.directoryPerDB": "data that was begun without it could not be read any more",
  "storage.wiredTiger.engineConfig.directoryForIndexes":
    "data that was begun without it could not be read any more",
  "storage.syncPeriodSecs": "with another one a start takes longer than a member may be away",
  "replication.replSetName": BY_AGENT,
  "replication.enableMajorityReadConcern": "it is always on",
  "sharding.clusterRole": NO_SHARDS,
  "sharding.archiveMovedChunks": NO_SHARDS,
  "setParameter.enableLocalhostAuthBypass": BY_ACCOUNTS,
  "setParameter.authenticationMechanisms": BY_ACCOUNTS,
  "setParameter.enableTestCommands": "it lets an application end servers",
  "setParameter.initialSyncSourceReadPreference":
    "a member is copied from a replica, and the primary is spared",
  "setParameter.shutdownTimeoutMillisForSignaledShutdown": BY_AGENT,
  "setParameter.skipShardingConfigurationChecks": NO_SHARDS,
  "setParameter.disableJavaScriptJIT": "it is the server's own",
  "setParameter.wiredTigerEngineRuntimeConfig": "the server ends on one that is wrong",
  "setParameter.recoverFromOplogAsStandalone": BY_AGENT,
  "setParameter.takeUnstableCheckpointOnShutdown": BY_AGENT,
};

/** Settings of which some values would break what the component promises. */
export const RESTRICTED_SETTINGS: Readonly<Record<string, (value: string) => SettingMistake | undefined>> = {
  "operationProfiling.mode": only(
    ["off", "all"],
    "what is slow is for logs.slowQueries to say; and what all profiles, with its values, is in each database's system.profile",
  ),
  "replication.oplogSizeMB": atLeast(990, "the server's own least, from which members that were away go on"),
  "setParameter.scramSHA256IterationCount": atLeast(15_000, "with fewer a password is guessed sooner"),
};

function atLeast(least: number, why: string): (value: string) => SettingMistake | undefined {
  return (value) =>
    Number(value) >= least
      ? undefined
      : { allowed: `at least ${least}: ${why}`, fix: "raise it, or remove it" };
}
