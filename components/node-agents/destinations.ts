import type * as k8s from "@pulumi/kubernetes";
import { BACKUP_FILES } from "../protocol/backup";
import type { LogCredentialsArgs, LogDestinationArgs, LogEndpointArgs, LogS3Args } from "./args";

/** A section of Fluent Bit's configuration. */
export type Section = Record<string, string | number | boolean | string[] | object[]>;

/** An output of Fluent Bit. */
type Output = Section & { name: string };

/** What a receiver comes to. */
export interface Destination {
  /** The output's section. */
  output: Section;
  /** Variables with what it logs in by: the configuration, which many may read, only names them. */
  variables: k8s.types.input.core.v1.EnvVar[];
  /** The Secret with the authority of its certificate. @default none */
  caSecret?: string | undefined;
}

/** Where that Secret is mounted. */
export const CA_PATH = "/etc/stateful/ca";
/** Where what waits for a bucket lies: its output keeps that itself. */
const S3_DIRECTORY = "s3";

const USERNAME = "LOG_USERNAME";
const PASSWORD = "LOG_PASSWORD";
const TOKEN = "LOG_TOKEN";

/** The fields of a line that it is found by; the others may be anything. */
const LABELS = ["namespace", "pod", "container", "database", "application", "node"];

/** Where something waits on the node's disk, and how much. */
export interface Buffer {
  directory: string;
  bytes: number;
}

/**
 * The output of a receiver, tried again for as long as the buffer holds.
 *
 * @see https://docs.fluentbit.io/manual/data-pipeline/outputs
 */
export function destinationOf(to: LogDestinationArgs, buffer: Buffer): Destination {
  const { openSearch, loki, s3, http } = to;
  const kept = { retry_limit: "no_limits", "storage.total_limit_size": buffer.bytes };
  if (s3 !== undefined) return toBucket(s3, buffer);
  if (openSearch !== undefined) {
    const { index = "stateful" } = openSearch;
    const own = {
      logstash_format: true,
      logstash_prefix: index,
      time_key_nanos: true,
      // OpenSearch has no types any more.
      suppress_type_name: true,
      // What is sent twice, since its answer was lost, is there once.
      generate_id: true,
      compress: "gzip",
    };
    return toEndpoint(openSearch, { name: "opensearch", ...kept, ...own }, "path");
  }
  if (loki !== undefined) {
    const own = {
      labels: ["job=stateful", ...LABELS.map((label) => `${label}=$${label}`)].join(", "),
      ...(loki.tenant === undefined ? {} : { tenant_id: loki.tenant }),
      compress: "gzip",
    };
    return toEndpoint(loki, { name: "loki", ...kept, ...own }, "uri");
  }
  if (http !== undefined) {
    const own = {
      format: "json_lines",
      json_date_key: "time",
      json_date_format: "iso8601",
      compress: "gzip",
      // What it answers may hold anything.
      log_response_payload: false,
    };
    return toEndpoint(http, { name: "http", ...kept, ...own }, "uri");
  }
  return {
    output: {
      ...{ name: "stdout", match: "*", ...kept },
      ...{ format: "json_lines", json_date_key: "time", json_date_format: "iso8601" },
    },
    variables: [],
  };
}

function toEndpoint(
  { url, credentials, caSecret }: LogEndpointArgs,
  output: Output,
  pathKey: "path" | "uri",
): Destination {
  const { protocol, hostname, port, pathname } = new URL(url);
  const secure = protocol === "https:";
  return {
    output: {
      ...output,
      match: "*",
      // An address of IPv6 is written without its brackets.
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? (secure ? 443 : 80) : Number(port),
      ...(pathname === "/" ? {} : { [pathKey]: pathname.replace(/\/$/, "") }),
      ...tlsOf(secure, caSecret),
      ...loginOf(output.name, credentials),
    },
    variables: credentials === undefined ? [] : variablesOf(credentials),
    caSecret,
  };
}

/** Names are verified, too: by itself, Fluent Bit takes any name's certificate. */
function tlsOf(secure: boolean, caSecret: string | undefined): Section {
  if (!secure) return {};
  return {
    tls: true,
    "tls.verify": true,
    "tls.verify_hostname": true,
    ...(caSecret === undefined ? {} : { "tls.ca_file": `${CA_PATH}/ca.crt` }),
  };
}

function loginOf(plugin: string, credentials: LogCredentialsArgs | undefined): Section {
  if (credentials === undefined) return {};
  if (credentials.token !== true) return { http_user: `\${${USERNAME}}`, http_passwd: `\${${PASSWORD}}` };
  return plugin === "loki"
    ? { bearer_token: `\${${TOKEN}}` }
    : { header: `Authorization Bearer \${${TOKEN}}` };
}

function variablesOf({ existingSecret, token }: LogCredentialsArgs): Destination["variables"] {
  return token === true
    ? [fromSecret(TOKEN, existingSecret, "token")]
    : [fromSecret(USERNAME, existingSecret, "username"), fromSecret(PASSWORD, existingSecret, "password")];
}

function fromSecret(name: string, secret: string, key: string): k8s.types.input.core.v1.EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

/**
 * A bucket's output collects files before it sends them. It has a buffer and attempts of its own: those of the other outputs it takes for
 * none (`no_limits` for five).
 */
function toBucket(s3: LogS3Args, { directory, bytes }: Buffer): Destination {
  const { bucket, prefix = "stateful-logs", region = "us-east-1", endpoint, caSecret, credentials } = s3;
  return {
    output: {
      name: "s3",
      match: "*",
      bucket,
      region,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...tlsOf(true, caSecret),
      // $TAG is the kind of container.
      s3_key_format: `/${prefix}/$TAG/%Y/%m/%d/%H%M%S-\${NODE_NAME}-$UUID.json.gz`,
      use_put_object: true,
      compression: "gzip",
      json_date_key: "time",
      json_date_format: "iso8601",
      total_file_size: "16M",
      upload_timeout: "5m",
      store_dir: `${directory}/${S3_DIRECTORY}`,
      store_dir_limit_size: bytes,
      retry_limit: 1_000_000,
    },
    variables:
      credentials === undefined
        ? []
        : [
            fromSecret("AWS_ACCESS_KEY_ID", credentials.existingSecret, BACKUP_FILES.accessKeyId),
            fromSecret("AWS_SECRET_ACCESS_KEY", credentials.existingSecret, BACKUP_FILES.secretAccessKey),
          ],
    caSecret,
  };
}
