import type { LogFormatArgs } from "./args";
import type { Destination, Section } from "./destinations";

/** Where the kubelet keeps what containers write, and where it is mounted. */
export const POD_LOGS = "/var/log/pods";
/** Where the node's directory with positions and buffer is mounted. */
export const STATE = "/var/lib/fluent-bit";
/** Where Fluent Bit tells its figures, and whether it lives. */
export const FLUENT_BIT_PORT = 2020;

/** Lines of the agents beside the servers. */
export const AGENT_LOGS: LogFormatArgs = {
  container: "agent",
  fields: '^\\{"time":"[^"]*","level":"(?<level>[a-z]+)"',
};

/** What of a namespace is read. */
export interface Collected {
  namespace: string;
  databases: readonly string[];
  applications: readonly string[];
  formats: readonly LogFormatArgs[];
  destination: Destination;
}

/** Fields of the container runtime's that are of no use to anybody else. */
const RUNTIME_FIELDS = ["_p", "time"];

/** What lines of all other containers are called: no container can be. */
const OTHERS = "_other";

/** The parsers that all files need. */
const [LINE, PATH] = ["runtime-line", "file-path"];

/**
 * The whole configuration, as YAML: Fluent Bit's standard, of which the older form has not all. It is JSON, which is YAML as well.
 *
 * Whose a line is follows from its file's path, so that nothing is asked of the Kubernetes API.
 *
 * @see https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/yaml
 */
export function fluentBitConfig(collected: Collected): string {
  const { destination } = collected;
  const formats = collected.formats.some(({ container }) => container === AGENT_LOGS.container)
    ? collected.formats
    : [AGENT_LOGS, ...collected.formats];
  const sections = {
    service: service(),
    parsers: [...pathParsers(collected), ...formats.flatMap(fieldParser)],
    multiline_parsers: formats.flatMap(entryParser),
    pipeline: {
      inputs: [
        ...formats.map((format) => inputOf(collected.namespace, format)),
        restOf(collected.namespace, formats),
      ],
      filters: [
        { name: "parser", match: "*", key_name: "file", parser: PATH, reserve_data: true },
        ...formats.flatMap(fieldFilter),
        { name: "record_modifier", match: "*", record: "node ${NODE_NAME}", remove_key: RUNTIME_FIELDS },
        { name: "modify", match: "*", rename: "log message" },
      ],
      outputs: [destination.output],
    },
  };
  return `${JSON.stringify(sections, undefined, 2)}\n`;
}

/** Memory is bounded by how many pieces of the buffer, of some 2 MB each, are in it at a time; all of them are on the disk. */
function service(): Section {
  return {
    flush: 1,
    log_level: "info",
    http_server: true,
    http_listen: "0.0.0.0",
    http_port: FLUENT_BIT_PORT,
    // A receiver that is back is tried within half a minute, and not within half an hour.
    "scheduler.base": 1,
    "scheduler.cap": 30,
    "storage.path": `${STATE}/buffer`,
    "storage.max_chunks_up": 12,
    "storage.backlog.mem_limit": "8M",
    // A piece that a power cut has torn would be met again at each start.
    "storage.delete_irrecoverable_chunks": true,
    "storage.metrics": true,
    multiline_buffer_limit: "256K",
  };
}

function filesOf(namespace: string, container: string): string {
  return `${POD_LOGS}/${namespace}_*/${container}/*.log`;
}

/** Files of containers of one kind. */
function inputOf(namespace: string, format: LogFormatArgs): Section {
  const { container } = format;
  return {
    ...reading(container, filesOf(namespace, container)),
    "multiline.parser": format.firstLine === undefined ? "cri" : entryParserName(container),
  };
}

/** Files of all other containers of the namespace. */
function restOf(namespace: string, formats: readonly LogFormatArgs[]): Section {
  return {
    ...reading(OTHERS, filesOf(namespace, "*")),
    exclude_path: formats.map(({ container }) => filesOf(namespace, container)).join(","),
    "multiline.parser": "cri",
  };
}

function reading(tag: string, path: string): Section {
  return {
    name: "tail",
    alias: tag,
    tag,
    path,
    path_key: "file",
    db: `${STATE}/${tag}.db`,
    // Another pod's file may have the number of one that is gone.
    "db.compare_filename": true,
    // What a pod said before it was seen; at the first start, what its files still have.
    read_from_head: true,
    refresh_interval: 5,
    rotate_wait: 30,
    buffer_max_size: "128K",
    skip_long_lines: true,
    "storage.type": "filesystem",
  };
}

/** Reads a container runtime's line, and whose it is from where its file lies: `<namespace>_<pod>_<uid>/<container>/<n>.log`. */
function pathParsers({ databases, applications }: Collected): Section[] {
  const pods = [
    ...(databases.length === 0 ? [] : [`(?<database>${databases.join("|")})-\\d+`]),
    ...(applications.length === 0 ? [] : [`(?<application>${applications.join("|")})-[a-z0-9]+-[a-z0-9]{5}`]),
    "[^_/]+",
  ];
  return [
    {
      name: LINE,
      format: "regex",
      regex: "^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<_p>[FP]) (?<log>.*)$",
      time_key: "time",
      time_format: "%Y-%m-%dT%H:%M:%S.%L%z",
      // An empty line is a line.
      skip_empty_values: false,
    },
    {
      name: PATH,
      format: "regex",
      regex: `^${POD_LOGS}/(?<namespace>[^_/]+)_(?<pod>${pods.join("|")})_[^/]+/(?<container>[^/]+)/`,
    },
  ];
}

function fieldParser({ container, fields }: LogFormatArgs): Section[] {
  return fields === undefined ? [] : [{ name: `${container}-fields`, format: "regex", regex: fields }];
}

/** The entry stays as it was written: its fields are had beside it. */
function fieldFilter({ container, fields }: LogFormatArgs): Section[] {
  if (fields === undefined) return [];
  const kept = { reserve_data: true, preserve_key: true };
  return [{ name: "parser", match: container, key_name: "log", parser: `${container}-fields`, ...kept }];
}

function entryParserName(container: string): string {
  return `${container}-entry`;
}

/** Lines are asked first whether they are more of the entry before; any other begins one, whatever it looks like. */
function entryParser({ container, firstLine }: LogFormatArgs): Section[] {
  if (firstLine === undefined) return [];
  return [
    {
      name: entryParserName(container),
      type: "regex",
      parser: LINE,
      key_content: "log",
      key_group: "stream",
      flush_timeout: 500,
      rules: [
        { state: "start_state", regex: "^", next_state: "more" },
        { state: "more", regex: `^(?!${firstLine})`, next_state: "more" },
      ],
    },
  ];
}
