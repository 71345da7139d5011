import type { SettingMistake } from "../../settings/check";
import { parseMemory } from "./values";

const BY_AGENT = "the members' agents set it";
const BY_ELECTION = "the agents set it for the election that the database's promises rest on";
const BY_TLS = "the certificate is given by tls";
const BY_ACCOUNTS = "accounts are made from the Secret";
const BY_PATHS = "the data lives in a sub-directory of the replica's volume";
const BY_DURABILITY = "durability says it";
const NO_CLUSTER = "one primary takes all writes here";

/** What the component keeps for itself, with the reason. */
export const RESERVED_SETTINGS: Readonly<Record<string, string>> = {
  port: "the Services point at 6379",
  bind: "the server listens on every address of its pod",
  "bind-source-addr": "members know each other by their pods' addresses",
  "protected-mode": "nobody is let in without a password",
  unixsocket: "the agent uses the socket",
  unixsocketperm: "the agent uses the socket",
  unixsocketgroup: "the agent uses the socket",
  dir: BY_PATHS,
  dbfilename: BY_PATHS,
  appenddirname: BY_PATHS,
  appendfilename: BY_PATHS,
  pidfile: "the root file system is read-only",
  logfile: "the log goes to the container's output",
  "slowlog-log-slower-than":
    "logs.slowQueries says from when on a command is slow: the agent sets it, and logs them without their values",
  daemonize: BY_AGENT,
  supervised: BY_AGENT,
  include: "settings are given one by one",
  loadmodule: "modules of the image are loaded by the image",
  aclfile: BY_ACCOUNTS,
  user: BY_ACCOUNTS,
  requirepass: BY_ACCOUNTS,
  masterauth: BY_ACCOUNTS,
  masteruser: BY_ACCOUNTS,
  "acl-pubsub-default": BY_ACCOUNTS,
  "rename-command":
    "the agent calls commands by their names, and an application's user has none that are dangerous",
  replicaof: BY_ELECTION,
  "replica-announce-ip": BY_ELECTION,
  "replica-announce-port": BY_ELECTION,
  "replica-announced": BY_ELECTION,
  "replica-priority": BY_ELECTION,
  "replica-read-only": BY_ELECTION,
  "replica-serve-stale-data": BY_ELECTION,
  "replica-ignore-disk-write-errors": BY_ELECTION,
  "min-replicas-to-write": BY_ELECTION,
  "min-replicas-max-lag": BY_ELECTION,
  "repl-timeout": BY_ELECTION,
  "repl-ping-replica-period": BY_ELECTION,
  "repl-diskless-load": "old data stays until all of a copy has come",
  "repl-backlog-ttl": BY_ELECTION,
  "dual-channel-replication-enabled": "members follow each other by one connection",
  appendonly: BY_AGENT,
  appendfsync: BY_DURABILITY,
  "no-appendfsync-on-rewrite": BY_DURABILITY,
  "aof-load-truncated": BY_AGENT,
  "aof-use-rdb-preamble": BY_AGENT,
  save: "the log of commands has every write, and a picture of the data is made when a server ends",
  "shutdown-on-sigterm": BY_AGENT,
  "shutdown-on-sigint": BY_AGENT,
  "shutdown-timeout": BY_AGENT,
  "enable-protected-configs": "an application could turn off what its data rests on",
  "enable-debug-command": "it ends servers and changes data past the log",
  "enable-module-command": "a module runs whatever it likes in the server",
  "disable-thp": BY_AGENT,
  databases: "they are sixteen",
  "cluster-enabled": NO_CLUSTER,
  "cluster-config-file": NO_CLUSTER,
  "cluster-announce-ip": NO_CLUSTER,
  "cluster-announce-hostname": NO_CLUSTER,
  "cluster-announce-port": NO_CLUSTER,
  "cluster-announce-tls-port": NO_CLUSTER,
  "cluster-announce-bus-port": NO_CLUSTER,
  "cluster-port": NO_CLUSTER,
  "tls-port": "the Services point at 6380",
  "tls-replication": BY_TLS,
  "tls-cluster": BY_TLS,
  "tls-ca-cert-file": BY_TLS,
  "tls-ca-cert-dir": BY_TLS,
  "tls-cert-file": BY_TLS,
  "tls-key-file": BY_TLS,
  "tls-key-file-pass": BY_TLS,
  "tls-client-cert-file": BY_TLS,
  "tls-client-key-file": BY_TLS,
  "tls-client-key-file-pass": BY_TLS,
  "tls-auth-clients": BY_TLS,
};

/** Settings of which some values would break what the component promises. */
export const RESTRICTED_SETTINGS: Readonly<Record<string, (value: string) => SettingMistake | undefined>> = {
  "repl-backlog-size": atLeastAMebibyte,
};

/** With a smaller one, replicas that were away for a moment copy everything. */
function atLeastAMebibyte(value: string): SettingMistake | undefined {
  if ((parseMemory(value) ?? 0) >= 2 ** 20) return undefined;
  return { allowed: "at least 1mb", fix: "raise it, or remove it: the default follows the memory" };
}
