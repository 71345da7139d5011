import { MYSQL_PORT, PATHS } from "./protocol";
import { TLS_PATH } from "../protocol/paths";
import { Durability } from "../database/args";
import type { ResolvedArgs } from "../database/engine";
import type { TlsArgs } from "../tls/args";
import { byName } from "../settings/table";
import { mysqlMemory } from "./memory";
import { mysqlLanguage } from "./settings/language";
import { canonicalName } from "./settings/names";
import { optionFileValue } from "./settings/option-file";

/**
 * The server's option file. Most of what the agent's promises rest on is not in it: the agent gives that as
 * arguments, which win over it. The rest cannot be set by a user (`limits.ts`).
 */
export function serverConfig({
  resources,
  settings = {},
  durability,
  tls,
  version,
}: Pick<ResolvedArgs, "version" | "resources" | "settings" | "durability" | "tls">): string {
  const ours: Record<string, string> = {
    socket: PATHS.socket,
    pid_file: `${PATHS.run}/mysqld.pid`,
    // Queries that need much room take it from the replica's volume, and not from the node's disk.
    tmpdir: `${PATHS.volume}/tmp`,
    secure_file_priv: "NULL",
    port: String(MYSQL_PORT),
    mysqlx: "OFF",
    // Names of pods come and go, and a lookup that hangs would hang the client.
    skip_name_resolve: "ON",
    character_set_server: "utf8mb4",
    ...memorySettings({ version, resources, settings }),
    // A commit is on disk before it is acknowledged, in the log of the engine and in the binary log.
    innodb_flush_log_at_trx_commit: "1",
    sync_binlog: "1",
    // Three days; the default of thirty fills many a volume.
    binlog_expire_logs_seconds: "259200",
    loose_group_replication_consistency: consistency(durability),
    // A member that cannot be reached is put out after Group Replication's own 5 seconds. With 1 or more here,
    // suspicions are looked at only every 15 seconds.
    loose_group_replication_member_expel_timeout: "0",
    // A member without a majority stops by itself.
    loose_group_replication_unreachable_majority_timeout: "10",
    ...tlsSettings(tls),
  };
  const merged = new Map(Object.entries(ours).map(([key, value]) => [canonicalName(key), [key, value]]));
  for (const [key, value] of Object.entries(settings)) {
    const canonical = canonicalName(key);
    merged.set(canonical, [merged.get(canonical)?.[0] ?? writtenName(key), optionFileValue(value)]);
  }
  return ["[mysqld]", ...[...merged.values()].map(([key, value]) => `${key} = ${value}`), ""].join("\n");
}

/** A name as the server reads it: in small letters, and with its `loose_`. */
function writtenName(key: string): string {
  return /^loose[-_]/i.test(key) ? `loose_${canonicalName(key)}` : canonicalName(key);
}

/**
 * A new primary answers only when it has applied all that the one before it had committed. AFTER has that as well,
 * and acknowledges a commit when all members have committed it, each to its own disk.
 *
 * @see https://dev.mysql.com/doc/refman/8.4/en/group-replication-configuring-consistency-guarantees.html
 */
function consistency(durability: Durability): string {
  return durability === Durability.All ? "AFTER" : "BEFORE_ON_PRIMARY_FAILOVER";
}

/**
 * The certificate, for clients and members: the group speaks over the server's own port, and to reach each other
 * members use what is meant for recovery. They connect by address, so that names cannot be verified.
 *
 * @see https://dev.mysql.com/doc/refman/8.4/en/group-replication-configuring-ssl-for-recovery.html
 */
function tlsSettings({ required = false, verifyMembers = true }: TlsArgs = {}): Record<string, string> {
  const ca = `${TLS_PATH}/ca.crt`;
  return {
    ssl_ca: ca,
    ssl_cert: `${TLS_PATH}/tls.crt`,
    ssl_key: `${TLS_PATH}/tls.key`,
    require_secure_transport: required ? "ON" : "OFF",
    loose_group_replication_recovery_use_ssl: "ON",
    loose_group_replication_ssl_mode: verifyMembers ? "VERIFY_CA" : "REQUIRED",
    ...(verifyMembers ? { loose_group_replication_recovery_ssl_ca: ca, loose_clone_ssl_ca: ca } : {}),
  };
}

/** What follows from the replica's memory. The group's settings are a plugin's, which may be missing for a while. */
function memorySettings({
  version,
  resources,
  settings,
}: Pick<ResolvedArgs, "version" | "resources" | "settings">): Record<string, string> {
  const { table } = mysqlLanguage(version);
  const ours = mysqlMemory(resources.memory, byName(settings, canonicalName), table).settings;
  return Object.fromEntries(
    Object.entries(ours).map(([name, value]) => [
      name.startsWith("group_replication_") ? `loose_${name}` : name,
      value,
    ]),
  );
}

/** Whether a commit is on disk before it is acknowledged. */
export function commitsAreDurable(settings: Record<string, string> = {}): boolean {
  const safe: Record<string, string> = { innodb_flush_log_at_trx_commit: "1", sync_binlog: "1" };
  return Object.entries(settings).every(([key, value]) => {
    const wanted = safe[canonicalName(key)];
    return wanted === undefined || wanted === value.trim();
  });
}
