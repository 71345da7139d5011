import { REDIS_PORT, REDIS_TLS_PORT } from "../../components/redis/protocol";

/** Where nobody answers: who is told to follow that follows nobody, and takes no writes. */
export const NOBODY = ["127.0.0.1", "1"] as const;

/** What a start depends on. */
export interface StartSettings {
  /** Whether clients may come without TLS. */
  plain: boolean;
  /** Whether data is in memory alone. */
  volatile: boolean;
  socket: string;
  /** The pod's address: what others see of it may be another one's. */
  address: string;
  accountsFile: string;
  /** Directory of the certificate. */
  certificates: string;
}

/**
 * What the agent's promises rest on: arguments of the server, which win over its file. It starts as nobody's replica, with
 * nobody but its agent let in.
 */
export function startArguments({
  plain,
  volatile,
  socket,
  address,
  accountsFile,
  certificates,
}: StartSettings): string[] {
  const settings: [name: string, ...values: string[]][] = [
    ["replicaof", ...NOBODY],
    ["aclfile", accountsFile],
    ["port", String(plain ? REDIS_PORT : 0)],
    ["tls-port", String(REDIS_TLS_PORT)],
    ["unixsocket", socket],
    ["unixsocketperm", "770"],
    ["replica-announce-ip", address],
    ["tls-replication", "yes"],
    ["tls-ca-cert-file", `${certificates}/ca.crt`],
    ["tls-cert-file", `${certificates}/tls.crt`],
    ["tls-key-file", `${certificates}/tls.key`],
    // The others' passwords tell who they are: members' certificates are good for servers alone.
    ["tls-auth-clients", "no"],
    ["replica-read-only", "yes"],
    ["replica-serve-stale-data", "yes"],
    // Old data stays until all of the copy has come.
    ["repl-diskless-load", "disabled"],
    ["min-replicas-max-lag", "3"],
    ["repl-ping-replica-period", "1"],
    ["repl-timeout", "10"],
    // What a replica lacks that was away is kept, however long that is: all of it is bounded by its size.
    ["repl-backlog-ttl", "0"],
    ...(volatile ? ([["appendonly", "no"]] as [string, string][]) : []),
    // Told to end by anything but its agent, it does so as if it had crashed.
    ["daemonize", "no"],
  ];
  return settings.flatMap(([name, ...values]) => [`--${name}`, ...values]);
}

/** Has a server that runs read its certificate again. */
export function reloadCertificate(certificates: string): string[] {
  return [
    "CONFIG",
    "SET",
    "tls-ca-cert-file",
    `${certificates}/ca.crt`,
    "tls-cert-file",
    `${certificates}/tls.crt`,
    "tls-key-file",
    `${certificates}/tls.key`,
  ];
}
