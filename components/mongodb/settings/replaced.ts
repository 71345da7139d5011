/** Settings of older versions, of the command line or of another place in the file, and what became of them. */
export const REPLACED_SETTINGS: Readonly<Record<string, string>> = {
  "storage.engine": "remove it: there is but one",
  "storage.journal.enabled": "remove it: there always is a journal since 6.1",
  "storage.mmapv1": "remove it: there is no such engine since 4.2",
  "replication.secondaryIndexPrefetch": "remove it: it went with its engine in 4.2",
  "net.http.enabled": "remove it: there is no such interface since 3.6",
  "net.serviceExecutor": "remove it: connections have threads of their own",
  "net.maxIncomingConnectionsOverride": "write net.maxIncomingConnections instead",
  "setParameter.failIndexKeyTooLong": "remove it: keys have no limit since 4.2",
  "setParameter.logLevel": "write systemLog.verbosity instead",
  wiredTigerCacheSizeGB: "write storage.wiredTiger.engineConfig.cacheSizeGB instead",
  oplogSize: "write replication.oplogSizeMB instead",
  oplogSizeMB: "write replication.oplogSizeMB instead",
  slowms: "write logs.slowQueries instead",
  profile: "write operationProfiling.mode instead",
  maxConns: "write net.maxIncomingConnections instead",
  cacheSizeGB: "write storage.wiredTiger.engineConfig.cacheSizeGB instead",
};
