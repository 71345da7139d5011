import { wantsExporter } from "../database/exporter";
import type { FollowArgs } from "../database/follow-args";
import { type HugePagesArgs, hugePagesBytes, HugePageSize } from "../database/huge-pages";
import type { SourceAddress } from "../protocol/follow";
import { POSTGRESQL_PORT, type WantedSettings } from "./protocol";
import { ARCHIVE_SCRIPT } from "../agents/agent-bundle";
import { BUNDLE_PATH } from "../agents/agent-container";
import type { ResolvedPostgreSql } from "./resolve";
import { MEBIBYTE, parseBytes } from "../common/quantity";
import { MAX_CONNECTIONS } from "./limits";
import { byName } from "../settings/table";
import { poolersOf } from "./pooler-config";
import { postgresqlMemory } from "./memory";
import { postgresqlLanguage } from "./settings/language";
import { canonicalName } from "./settings/names";

/** Share of the volume that the logs for a replica that is away may take, before it must be copied anew. */
const LOGS_FOR_REPLICAS = 0.25;

/** Share of the volume that the temporary files of one process may take. */
const TEMPORARY_FILES = 0.25;

/** Says whether a file of the log is stored: see `scripts/archive.sh`. */
const ARCHIVE_COMMAND = `exec bash ${BUNDLE_PATH}/${ARCHIVE_SCRIPT} "%f"`;

/** What a database asks its servers for; the agent reads it, and Patroni gives it to all of them. */
export interface ServerSettings {
  version: string;
  memory: string;
  storage: string;
  settings: Record<string, string> | undefined;
  /** @default none */
  hugePages?: HugePagesArgs | undefined;
}

/**
 * The server's parameters: ours, and the user's over them. Those that the promises rest on cannot be set
 * (`settings/reserved.ts`).
 */
export function serverParameters({
  version,
  memory,
  storage,
  settings = {},
  hugePages,
}: ServerSettings): Record<string, string> {
  const volume = (parseBytes(storage) ?? 0) / MEBIBYTE;
  const given = byName(settings, canonicalName);
  const ours: Record<string, string> = {
    max_connections: String(MAX_CONNECTIONS),
    ...postgresqlMemory(memory, given, postgresqlLanguage(version).table, hugePagesBytes(hugePages)).settings,
    // Of each process. A query that sorts or joins without end is refused before it has filled the volume.
    temp_file_limit: `${Math.floor(Math.max(256, volume * TEMPORARY_FILES))}MB`,
    wal_level: "replica",
    wal_log_hints: "on",
    max_wal_senders: "16",
    max_replication_slots: "16",
    max_slot_wal_keep_size: `${Math.floor(Math.max(512, volume * LOGS_FOR_REPLICAS))}MB`,
    wal_compression: "on",
    // Whether or not there is a backup: to turn it on later restarts all members. On replicas too, one of which may become the
    // primary while the store is away.
    archive_mode: "always",
    archive_command: ARCHIVE_COMMAND,
    // A replica that was cut off notices within 10 s instead of a minute.
    wal_receiver_timeout: "10s",
    wal_sender_timeout: "10s",
    // The next attempt to follow a new primary; by default 5 s after the last one.
    wal_retrieve_retry_interval: "500ms",
    // A client that is gone must not hold its locks for hours.
    tcp_keepalives_idle: "60",
    tcp_keepalives_interval: "10",
    tcp_keepalives_count: "6",
    password_encryption: "scram-sha-256",
    log_checkpoints: "off",
    // Whose session a line is of.
    log_line_prefix: "%m [%p] %q%u@%d %h ",
    // With each error comes its statement, by default, and with that the password of an ALTER ROLE that failed.
    log_min_error_statement: "panic",
  };
  return { ...ours, ...Object.fromEntries(given), ...hugePagesSettings(hugePages) };
}

/**
 * A server that tries takes some of the node's own where its pod has none, and is killed when it writes to them: so it is told what there is,
 * whichever `huge_pages` of the two a user may give. https://github.com/docker-library/postgres/issues/451
 */
function hugePagesSettings(hugePages: HugePagesArgs | undefined): Record<string, string> {
  if (hugePages === undefined) return { huge_pages: "off" };
  const large = hugePages.pageSize === HugePageSize.OneGibibyte;
  return { huge_pages: "on", ...(large ? { huge_page_size: "1GB" } : {}) };
}

/**
 * Room for what the processes of a parallel query share. Beside it and `shared_buffers`, half of the memory is left.
 *
 * @see https://www.postgresql.org/docs/17/runtime-config-resource.html (dynamic_shared_memory_type)
 */
export function sharedMemory(memory: string): string {
  return `${Math.floor(Math.max(64, (parseBytes(memory) ?? 0) / MEBIBYTE / 4))}Mi`;
}

/** Whether a commit is on disk before it is acknowledged, here and on another member. */
export function commitsAreDurable(settings: Record<string, string> = {}): boolean {
  return Object.entries(settings).every(
    ([key, value]) =>
      canonicalName(key) !== "synchronous_commit" || ["on", "remote_apply"].includes(value.trim()),
  );
}

function sourceAddress({ host, port = POSTGRESQL_PORT, slot, ca }: FollowArgs): SourceAddress {
  return { host, port, ...(slot === undefined ? {} : { slot }), ...(ca === undefined ? {} : { ca }) };
}

/** What the agent is told of the servers. */
export function memberSettings(args: ResolvedPostgreSql): WantedSettings {
  const { version, resources, storage, settings, hugePages, durability } = args;
  const { extensions, clientHba, binaries, tls } = args;
  const before = poolersOf(args);
  return {
    durability,
    requireTls: tls?.required ?? false,
    verifyMembers: tls?.verifyMembers ?? true,
    binaries,
    extensions,
    clientHba,
    ...(before.length > 0 ? { pooler: { database: args.database, before } } : {}),
    ...(wantsExporter(args.monitoring?.exporter) ? { exporter: true } : {}),
    ...(args.follow ? { follow: sourceAddress(args.follow) } : {}),
    ...(args.followerSlots ? { followerSlots: args.followerSlots } : {}),
    parameters: serverParameters({ version, memory: resources.memory, storage, settings, hugePages }),
  };
}
