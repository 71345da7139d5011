import { parseBytes, parseCpus } from "../../components/common/quantity";
import type { StackFile } from "../../render/stack-file";
import { UsageError } from "../../render/usage-error";
import { ENGINE_NAMES, engineOf } from "../../stacks/engines";

/** What the local cluster has. */
export interface LocalCluster {
  /** Names of its nodes. */
  nodes: string[];
  /** Names of its images, with their tags. No other can be pulled. */
  images: string[];
}

/** A stack made to run on the local cluster. */
export interface Localized {
  file: StackFile;
  /** Each thing that was replaced: key, what stood there, what stands there now. */
  replacements: string[];
}

type Json = Record<string, unknown>;

/** The class of the local cluster that makes volumes, and stands in for a cloud's. */
const DYNAMIC_CLASS = "csi-loop";
/** Directories of the local cluster's nodes that lie on the node's own disk. */
const OWN_DISK = /^\/(mnt|srv|var\/lib\/stateful)\//;
/** Settings of pods that name what is elsewhere. */
const ELSEWHERE = [
  "imagePullSecrets",
  "pod",
  "replicasExposure",
  "serviceAccountAnnotations",
  "existingSecret",
  "existingMemberSecret",
  "backup",
  "restoreFrom",
  "zones",
  "affinity",
  "tolerations",
];
/** In place of an engine's exporter. */
const NO_EXPORTER = "none: the local cluster has no image of it";
/** Settings of a database that describe its image. */
const OF_IMAGE = ["userId", "binaries"];
/** All nodes share one machine. */
const MOST = { cpu: "250m", memory: "1Gi" };

/**
 * Replaces what of a stack the local cluster does not have: nodes, images, disks, classes, a cloud's services. The
 * stack file is left as it is.
 *
 * @throws UsageError if a database has more replicas than the local cluster has nodes
 */
export function localize(file: StackFile, cluster: LocalCluster): Localized {
  const notes = new Replacements();
  const config: Record<string, string> = {};
  const parsed = (key: string) => structured(file.config[`stateful:${key}`]);
  for (const [key, value] of Object.entries(file.config)) {
    if (key.startsWith("stateful:")) config[key] = value;
    else notes.add(key, value, "nothing: no cloud is asked");
  }
  if (config["stateful:cluster"] !== undefined) {
    notes.add("cluster", parsed("cluster"), "the local cluster");
    delete config["stateful:cluster"];
  }
  if (config["stateful:passwords"] !== undefined) {
    notes.add("passwords", "those of the stack file", "generated ones");
    delete config["stateful:passwords"];
  }
  if (config["stateful:images"] !== undefined) {
    notes.add("images", parsed("images"), "the local cluster's own");
    delete config["stateful:images"];
  }
  if (config["stateful:backup"] !== undefined) {
    notes.add("backup", parsed("backup"), "none: nothing of here is worth it");
    delete config["stateful:backup"];
  }
  for (const key of ["logCollection", "nodeMonitoring"]) {
    if (config[`stateful:${key}`] === undefined || isLocalImage(parsed(key)["image"])) continue;
    notes.add(key, "an agent on each node", "none: the local cluster has no image of it");
    Reflect.deleteProperty(config, `stateful:${key}`);
  }
  const monitoring = parsed("monitoring");
  if ("exporter" in monitoring) {
    const { exporter, ...rest } = monitoring;
    notes.add("monitoring.exporter", exporter, NO_EXPORTER);
    config["stateful:monitoring"] = JSON.stringify(rest);
  }
  const storage = localStorage(file.config["stateful:target"], parsed("storage"), cluster, notes);
  config["stateful:target"] = "bare-metal";
  config["stateful:storage"] = JSON.stringify(storage);
  const nodes = (parsed("storage")["nodes"] ?? []) as string[];
  config["stateful:databases"] = JSON.stringify(
    mapEntries(parsed("databases"), (name, database) => localDatabase(name, database, nodes, cluster, notes)),
  );
  config["stateful:applications"] = JSON.stringify(
    mapEntries(parsed("applications"), (name, app) => localApplication(name, app, cluster, notes)),
  );
  return { file: { ...file, config }, replacements: notes.lines };
}

function localStorage(target: unknown, storage: Json, cluster: LocalCluster, notes: Replacements): Json {
  if (target === "cloud" || storage["existing"] === true) {
    if (target !== "cloud" && storage["className"] === DYNAMIC_CLASS) return storage;
    const before = storage["className"] ?? storage["type"] ?? "the default class";
    notes.add("storage", before, `class ${DYNAMIC_CLASS}, whose volumes are files on this machine`);
    return { className: DYNAMIC_CLASS, existing: true };
  }
  if (storage["path"] === undefined) return storage;
  const local = new Changes(storage, "storage", notes);
  local.set("nodes", cluster.nodes.slice(0, (storage["nodes"] as string[] | undefined)?.length));
  if (typeof storage["path"] === "string" && !OWN_DISK.test(`${storage["path"]}/`))
    local.set("path", "/mnt/data");
  if (storage["requireMount"] === true) local.set("requireMount", false);
  if (!isLocalImage(storage["nodeStorageImage"])) local.set("nodeStorageImage", imageOf("tools", cluster));
  return local.value;
}

function localDatabase(
  name: string,
  database: Json,
  storageNodes: string[],
  cluster: LocalCluster,
  notes: Replacements,
): Json {
  const { replicas = 1, engine } = database;
  const { nodes } = cluster;
  if (Number(replicas) > nodes.length) {
    throw new UsageError(
      `databases.${name}.replicas is ${Number(replicas)}, each on a node of its own, and the local cluster has ` +
        `${nodes.length} nodes. Lower replicas, or bring up a larger one: npm run cluster -- down, then ` +
        `npm run cluster -- up --nodes ${Number(replicas)}.`,
    );
  }
  const local = new Changes(database, `databases.${name}`, notes);
  const image = imageOf(nameOf(engine, database["version"]), cluster, database["version"]);
  if (image !== undefined && !isLocalImage(database["image"])) {
    local.set("image", image);
    local.set("version", image.split(":")[1]);
    for (const key of OF_IMAGE) local.remove(key);
  }
  for (const [key, imageName] of Object.entries(partsOf(engine))) {
    const part = database[key] as Json | undefined;
    if (!part || isLocalImage(part["image"])) continue;
    const localPart = new Changes(part, `databases.${name}.${key}`, notes);
    localPart.set("image", imageOf(imageName, cluster));
    localPart.remove("userId");
    local.value[key] = localPart.value;
  }
  if (!isLocalImage(database["agentImage"])) local.set("agentImage", imageOf("node", cluster));
  const figures = database["monitoring"] as Json | undefined;
  const exporter = figures?.["exporter"] as Json | undefined;
  if (exporter !== undefined && !isLocalImage(exporter["image"])) {
    const { exporter: before, ...rest } = figures ?? {};
    notes.add(`databases.${name}.monitoring.exporter`, before, NO_EXPORTER);
    local.value["monitoring"] = rest;
  }
  for (const key of ELSEWHERE) local.remove(key);
  const pinned = database["nodes"] as string[] | undefined;
  if (pinned) {
    const mapped = pinned.map((node) => nodes[storageNodes.indexOf(node)]);
    const distinct = mapped.every((node) => node !== undefined);
    local.set("nodes", distinct ? mapped : nodes.slice(0, pinned.length));
  }
  if ((database["exposure"] as Json | undefined)?.["type"] === "loadBalancer") {
    const { sourceRanges } = database["exposure"] as Json;
    local.set("exposure", { type: "nodePort", sourceRanges });
  }
  const resources = (database["resources"] ?? {}) as Json;
  local.set("resources", {
    cpu: least(resources["cpu"], MOST.cpu, parseCpus),
    memory: least(resources["memory"], memoryOf(database["engine"]), parseBytes),
  });
  if (database["deletionProtection"] !== false) local.set("deletionProtection", false);
  return local.value;
}

function localApplication(name: string, app: Json, cluster: LocalCluster, notes: Replacements): Json {
  if (isLocalImage(app["image"])) return app;
  const tools = imageOf("tools", cluster) ?? "";
  const port = app["port"] as number | undefined;
  const scheduled = app["schedule"] !== undefined;
  const what = scheduled ? "one line, said" : port === undefined ? "nothing, done" : "one page, served";
  notes.add(`applications.${name}`, app["image"], `${what} by busybox of ${tools}`);
  const images = [...ELSEWHERE, "command", "initContainers"];
  const rest = Object.fromEntries(Object.entries(app).filter(([key]) => !images.includes(key)));
  const page = `echo "${name} would run here" > /tmp/index.html`;
  const alone = scheduled ? "cat /tmp/index.html" : "exec sleep infinity";
  const serve = port === undefined ? alone : `exec busybox httpd -f -p ${port} -h /tmp`;
  return {
    ...rest,
    image: tools,
    args: ["sh", "-c", `${page} && ${serve}`],
    userId: 65534,
    ...(app["probe"] === undefined ? {} : { probe: { path: "/" } }),
    ...(app["exposure"] === undefined ? {} : { exposure: { type: "none" } }),
  };
}

/** A copy of a part of the stack whose changes are noted. */
class Changes {
  readonly value: Json;

  constructor(
    private readonly before: Json,
    private readonly key: string,
    private readonly notes: Replacements,
  ) {
    this.value = { ...before };
  }

  set(key: string, value: unknown): void {
    if (JSON.stringify(value) === JSON.stringify(this.before[key])) return;
    this.notes.add(`${this.key}.${key}`, this.before[key], value);
    this.value[key] = value;
  }

  remove(key: string): void {
    if (!(key in this.before)) return;
    this.notes.add(`${this.key}.${key}`, this.before[key], "none");
    Reflect.deleteProperty(this.value, key);
  }
}

class Replacements {
  readonly lines: string[] = [];

  add(key: string, before: unknown, after: unknown): void {
    this.lines.push(`${key}: ${inWords(before)} → ${inWords(after)}`);
  }
}

function inWords(value: unknown): string {
  if (value === undefined) return "the default";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Parts of an engine's databases that have images of their own; none of one that there is not, which is refused elsewhere. */
function partsOf(engine: unknown): Readonly<Record<string, string>> {
  const known = ENGINE_NAMES.find((name) => name === engine);
  return (known && engineOf(known).images) ?? {};
}

/** The most memory of a member: an engine that has more where nobody says how much would not do with less. */
function memoryOf(engine: unknown): string {
  const known = ENGINE_NAMES.find((name) => name === engine);
  const usual = known && engineOf(known).resolve({ namespace: "" }).resources.memory;
  return (parseBytes(usual ?? "") ?? 0) > (parseBytes(MOST.memory) ?? 0) ? String(usual) : MOST.memory;
}

/** How the image of an engine's version is called; of one that there is not, which is refused elsewhere, as that. */
function nameOf(engine: unknown, version: unknown): string {
  const known = ENGINE_NAMES.find((name) => name === engine);
  const text = typeof version === "string" ? version : undefined;
  return (known && engineOf(known).imageName?.(text)) ?? String(engine);
}

/** The image of the local cluster with a name: that with a tag, if there is one, else the first. */
function imageOf(name: string, { images }: LocalCluster, tag?: unknown): string | undefined {
  const all = images.filter((image) => image.split("/").at(-1)?.split(":")[0] === name);
  return all.find((image) => image.split(":").at(-1) === tag) ?? all[0];
}

/** The domain of the local cluster's images is reserved for tests: nobody else's are named like this. */
function isLocalImage(image: unknown): boolean {
  return typeof image === "string" && /^[^/]+\.test\//.test(image);
}

/** The smaller of two quantities; one that is no quantity stays, to be refused as it would be elsewhere. */
function least(wanted: unknown, most: string, parse: (quantity: string) => number | undefined): unknown {
  if (wanted === undefined) return most;
  if (typeof wanted !== "string" && typeof wanted !== "number") return wanted;
  const amount = parse(String(wanted));
  return amount === undefined || amount <= (parse(most) ?? 0) ? wanted : most;
}

function structured(text: string | undefined): Json {
  if (text === undefined || !text.trim().startsWith("{")) return {};
  return JSON.parse(text) as Json;
}

/** Applies a function to the entries that are maps; others are left for the check of the configuration to refuse. */
function mapEntries(map: Json, change: (name: string, value: Json) => Json): Json {
  return Object.fromEntries(
    Object.entries(map).map(([name, value]) => [
      name,
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? change(name, value as Json)
        : value,
    ]),
  );
}
