import { Durability } from "../database/args";
import { TLS_PATH } from "../protocol/paths";
import { byName, type SettingTable } from "../settings/table";
import { COPIES, CQL_PORT, INTERNODE_PORT, PATHS, REPAIRED_EVERY_DAYS, RUN_FILES } from "./protocol";
import type { ResolvedCassandra } from "./resolve";
import { cassandraLanguage } from "./settings/language";
import { canonicalName } from "./settings/names";
import { writtenValue } from "./settings/values";

/** All that the server keeps, on the member's volume. */
export const DATA = `${PATHS.volume}/data`;

/** How long it takes until all members go by what became of an account. */
const ACCOUNTS_KEPT = "2000ms";

/** What of a database its servers' file follows from. */
type Wanted = Pick<ResolvedCassandra, "version" | "settings" | "durability" | "replicas" | "tls">;

/**
 * The server's file, a line `name: value` for each setting, and the value in JSON, which is YAML as well: ours, and the user's over those of
 * ours that are not reserved (`settings/reserved.ts`). The agent appends what differs from member to member: the ring's name, addresses, seeds.
 */
export function serverConfig(args: Wanted): string {
  const { table } = cassandraLanguage(args.version);
  const given = givenValues(args.settings, table);
  const lines = new Map<string, unknown>([...Object.entries(ourSettings(args)), ...given]);
  return [...[...lines].map(([name, value]) => `${name}: ${JSON.stringify(value)}`), ""].join("\n");
}

function givenValues(settings: Wanted["settings"], table: SettingTable): [string, unknown][] {
  return [...byName(settings, canonicalName)].map(([name, value]) => [
    name,
    writtenValue(table.get(name), value),
  ]);
}

function ourSettings({ durability, replicas, tls }: Wanted): Record<string, unknown> {
  return {
    ...placesOfData(),
    ...ringSettings(replicas),
    ...accountSettings(),
    ...commitSettings(durability),
    ...repairSettings(replicas),
    // A server that cannot write ends, and its agent says why. Kept up, it would be asked for what it has not got.
    disk_failure_policy: "die",
    commit_failure_policy: "die",
    storage_port: INTERNODE_PORT,
    native_transport_port: CQL_PORT,
    start_native_transport: true,
    rpc_address: "0.0.0.0",
    ...tlsSettings(tls?.required === true),
    // What a table held that was dropped or emptied.
    auto_snapshot: true,
    // Links to files that nobody takes away would fill the volume.
    incremental_backups: false,
    user_defined_functions_enabled: false,
  };
}

function placesOfData(): Record<string, unknown> {
  return {
    data_file_directories: [`${DATA}/data`],
    commitlog_directory: `${DATA}/commitlog`,
    hints_directory: `${DATA}/hints`,
    saved_caches_directory: `${DATA}/saved_caches`,
    cdc_raw_directory: `${DATA}/cdc_raw`,
  };
}

/** Who has which rows, and how many have each. */
function ringSettings(replicas: number): Record<string, unknown> {
  return {
    partitioner: "org.apache.cassandra.dht.Murmur3Partitioner",
    num_tokens: 16,
    allocate_tokens_for_local_replication_factor: COPIES,
    endpoint_snitch: "GossipingPropertyFileSnitch",
    default_keyspace_rf: Math.min(COPIES, replicas),
    // What is made with fewer copies would be lost with a member.
    ...(replicas >= COPIES ? { minimum_replication_factor_fail_threshold: COPIES } : {}),
    // It would count members without their racks.
    simplestrategy_enabled: false,
  };
}

function accountSettings(): Record<string, unknown> {
  return {
    authenticator: "PasswordAuthenticator",
    authorizer: "CassandraAuthorizer",
    role_manager: "CassandraRoleManager",
    roles_validity: ACCOUNTS_KEPT,
    permissions_validity: ACCOUNTS_KEPT,
    credentials_validity: ACCOUNTS_KEPT,
  };
}

/**
 * Whether a write is on the disk before it is acknowledged. Those that come within the window go there together, or each would take the disk
 * a turn of its own.
 */
function commitSettings(durability: Durability): Record<string, unknown> {
  return durability === Durability.Preferred
    ? { commitlog_sync: "periodic", commitlog_sync_period: "10000ms" }
    : { commitlog_sync: "group", commitlog_sync_group_window: "10ms" };
}

/**
 * The members compare their copies of each row, one member's part of the ring after the other, and mend what differs. What was deleted is
 * forgotten after ten days (`gc_grace_seconds`): a copy that missed the deletion would bring the row back.
 *
 * @see https://cassandra.apache.org/doc/latest/cassandra/managing/operating/auto_repair.html
 */
function repairSettings(replicas: number): Record<string, unknown> {
  if (replicas < COPIES) return {};
  return {
    auto_repair: {
      enabled: true,
      // Incremental ones would rewrite files that are there, and cannot be given up again.
      repair_type_overrides: { full: { enabled: true, min_repair_interval: `${REPAIRED_EVERY_DAYS}d` } },
      // Who took the place of a lost disk has streamed from one of two copies: what only the other one had is not on it yet.
      global_settings: { parallel_repair_count: 1, force_repair_new_node: true },
    },
  };
}

/** Members let in whom the authority has signed. Addresses are in no certificate, and need not be. */
function tlsSettings(required: boolean): Record<string, unknown> {
  const files = {
    ssl_context_factory: { class_name: "org.apache.cassandra.security.PEMBasedSslContextFactory" },
    keystore: `${PATHS.run}/${RUN_FILES.certificate}`,
    truststore: `${TLS_PATH}/ca.crt`,
  };
  return {
    server_encryption_options: {
      internode_encryption: "all",
      optional: false,
      require_client_auth: true,
      require_endpoint_verification: false,
      ...files,
    },
    client_encryption_options: { enabled: true, optional: !required, require_client_auth: false, ...files },
  };
}
