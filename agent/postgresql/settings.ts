import { INSTANCE, ROLE_LABEL } from "../../components/protocol/labels";
import { REPLICATION_USER } from "../../components/protocol/accounts";
import { EXPORTER_USER } from "../../components/protocol/exporter";
import {
  ADMINISTRATOR,
  EXPORTER_DATABASE,
  PATHS,
  PATRONI_PORT,
  POOLER_USERS,
  POSTGRESQL_PORT,
  type WantedSettings,
} from "../../components/postgresql/protocol";
import type { Ordinal, Orders } from "../core/types";
import { majority } from "../core/views";
import { REST_USER } from "./rest";
import { FOLLOWED } from "./settings-change";

/** How soon a lost primary is noticed, s. The lock runs out after `ttl`; Patroni asks for at least 20. */
const LOCK = { ttl: 20, loop_wait: 2, retry_timeout: 5 };

/** Priority of the first member; there are at most nine. */
export const HIGHEST_PRIORITY = 100;

/**
 * What Patroni keeps in the Kubernetes API and gives to all members.
 *
 * @param copier - the account by which a database's source is copied
 * https://patroni.readthedocs.io/en/latest/dynamic_configuration.html
 */
export function sharedSettings(
  wanted: WantedSettings,
  replicas: number,
  orders: Orders = {},
  copier = REPLICATION_USER,
): object {
  // Members of a copy use its source's account among themselves, too.
  const copiers = [...new Set([REPLICATION_USER, ...(orders.follows === undefined ? [] : [copier])])];
  return {
    ...LOCK,
    ...followed(wanted.follow, orders),
    ...(wanted.followerSlots
      ? {
          // Not while it is a copy itself: nobody could follow it further than its source.
          slots: Object.fromEntries(
            wanted.followerSlots.map((slot) => [slot, { type: "physical", cluster_type: "primary" }]),
          ),
        }
      : {}),
    // A primary that crashed is not waited for when another can take over.
    primary_start_timeout: 0,
    // The votes of a quorum say who has every acknowledged write. A limit would only keep all replicas from an election
    // that a large load had got ahead of.
    maximum_lag_on_failover: Number.MAX_SAFE_INTEGER,
    // The lock is not given up while all members say that they follow: the API server may be away.
    failsafe_mode: true,
    // A commit is acknowledged when this many others have it on disk, whichever they are.
    synchronous_mode: "quorum",
    // That nobody goes on alone is promised by CommitFloor.
    synchronous_mode_strict: false,
    synchronous_node_count: Math.max(1, (wanted.durability === "all" ? replicas : majority(replicas)) - 1),
    member_slots_ttl: "30min",
    postgresql: {
      use_pg_rewind: true,
      use_slots: true,
      // Data that does not fit is moved aside by the agent, never removed.
      remove_data_directory_on_rewind_failure: false,
      remove_data_directory_on_diverged_timelines: false,
      parameters: wanted.parameters,
      pg_hba: [
        `local all ${ADMINISTRATOR} peer`,
        "local all all scram-sha-256",
        ...copiers.map((user) => `hostssl replication ${user} all scram-sha-256`),
        ...copiers.map((user) => `hostssl postgres ${user} all scram-sha-256`),
        `host all ${REPLICATION_USER} all reject`,
        `host all ${ADMINISTRATOR} 127.0.0.1/32 scram-sha-256`,
        `host all ${ADMINISTRATOR} ::1/128 scram-sha-256`,
        `host all ${ADMINISTRATOR} all reject`,
        ...(wanted.exporter === true
          ? [
              `host ${EXPORTER_DATABASE} ${EXPORTER_USER} 127.0.0.1/32 scram-sha-256`,
              `host all ${EXPORTER_USER} all reject`,
            ]
          : []),
        ...(orders.fenced === undefined ? [] : [FENCE_LINE]),
        ...(wanted.pooler
          ? [
              `hostssl ${wanted.pooler.database} ${POOLER_USERS.join(",")} all scram-sha-256`,
              `host all ${POOLER_USERS.join(",")} all reject`,
            ]
          : []),
        ...(wanted.requireTls ? ["hostnossl all all all reject"] : []),
        ...wanted.clientHba,
      ],
    },
  };
}

/** Lets nobody in but the members, and who is in a pod. */
export const FENCE_LINE = "host all all all reject";

function followed(follow: WantedSettings["follow"], { follows }: Orders): Record<string, object | null> {
  if (follows === "promoted") return { [FOLLOWED]: null };
  if (follows === undefined || follow === undefined) return {};
  const { host, port, slot } = follow;
  return {
    [FOLLOWED]: {
      host,
      port,
      ...(slot === undefined ? {} : { primary_slot_name: slot }),
      create_replica_methods: ["basebackup"],
    },
  };
}

/** What a member's own configuration is made of. */
export interface MemberSettings {
  database: string;
  namespace: string;
  pod: { name: string; address: string };
  volume: string;
  control: string;
  binaries: string;
  /** Directory of the certificate. */
  certificates: string;
  /** File of the authorities by which it verifies the member that it copies from. */
  trusted: string;
  verifyMembers: boolean;
  /** By which the members' Patroni instances know each other: files of a certificate with its key, and of authorities. */
  rest: { member: string; authorities: string };
  /** By which Patroni finds its objects and pods. */
  labels: Record<string, string>;
  /** Of members that have all of the log, the one with the highest becomes the primary. */
  priority: number;
  passwords: { replication: string; rest: string };
  /** In place of the members' own account, which a database that follows another one has its source's of. */
  source?: { user: string; password: string; authorities: string };
  /** With these it may bootstrap the cluster; without, Patroni has no way to make an empty data directory. */
  bootstrap?: object;
}

/** Labels by which Patroni finds its objects and pods; the first is its scope. */
export function patroniLabels(database: string): Record<string, string> {
  return { [INSTANCE]: database, "app.kubernetes.io/name": "postgresql" };
}

/**
 * The lowest ordinal first: a rolling update, which goes from the highest down, then moves the primary at most twice.
 * Patroni takes a priority of 0 for "never".
 */
export function priorityOf(ordinal: Ordinal): number {
  return HIGHEST_PRIORITY - ordinal;
}

/** A member's own configuration file; JSON is YAML. https://patroni.readthedocs.io/en/latest/yaml_configuration.html */
export function memberSettings(member: MemberSettings): string {
  const { pod, passwords } = member;
  const at = (port: number): string =>
    pod.address.includes(":") ? `[${pod.address}]:${port}` : `${pod.address}:${port}`;
  const replication = {
    username: member.source?.user ?? REPLICATION_USER,
    password: member.source?.password ?? passwords.replication,
    // By address, so that names cannot be verified.
    ...(member.verifyMembers
      ? { sslmode: "verify-ca", sslrootcert: member.source?.authorities ?? member.trusted }
      : { sslmode: "require" }),
  };
  return JSON.stringify({
    name: pod.name,
    scope: member.database,
    tags: { failover_priority: member.priority },
    restapi: {
      listen: at(PATRONI_PORT),
      connect_address: at(PATRONI_PORT),
      authentication: { username: REST_USER, password: passwords.rest },
      // Nobody else is let in, also to read: by `GET /cluster` anybody could give the lock to two members.
      certfile: member.rest.member,
      cafile: member.rest.authorities,
      verify_client: "required",
    },
    ctl: { certfile: member.rest.member, cacert: member.rest.authorities },
    kubernetes: {
      namespace: member.namespace,
      labels: member.labels,
      scope_label: INSTANCE,
      role_label: ROLE_LABEL,
      leader_label_value: "primary",
      follower_label_value: "replica",
      use_endpoints: true,
      pod_ip: pod.address,
      ports: [{ name: "postgresql", port: POSTGRESQL_PORT, protocol: "TCP" }],
    },
    postgresql: {
      listen: `*:${POSTGRESQL_PORT}`,
      connect_address: at(POSTGRESQL_PORT),
      data_dir: `${member.volume}/data`,
      bin_dir: member.binaries,
      pgpass: `${member.control}/pgpass`,
      use_unix_socket: true,
      authentication: { superuser: { username: ADMINISTRATOR }, replication, rewind: replication },
      parameters: {
        unix_socket_directories: PATHS.run,
        ssl: "on",
        ssl_cert_file: `${member.certificates}/tls.crt`,
        ssl_key_file: `${member.certificates}/tls.key`,
      },
      basebackup: ["no-verify-checksums", { checkpoint: "fast" }],
    },
    ...(member.bootstrap === undefined
      ? {}
      : {
          bootstrap: {
            dcs: member.bootstrap,
            initdb: [
              "data-checksums",
              // It tries a server at once, and by itself that looks for some: see `server-config.ts`.
              { set: "huge_pages=off" },
              { encoding: "UTF8" },
              { "auth-local": "peer" },
              { "auth-host": "scram-sha-256" },
            ],
          },
        }),
  });
}
