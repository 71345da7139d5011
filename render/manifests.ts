import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import type { CloudResource, KubernetesObject, RenderedProgram } from "./program";

/** The order of objects in a file: what others need comes first. */
const KIND_ORDER = [
  "Namespace",
  "StorageClass",
  "VolumeAttributesClass",
  "VolumeSnapshotClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "PersistentVolume",
  "ServiceAccount",
  "Role",
  "RoleBinding",
  "Secret",
  "Certificate",
  "ConfigMap",
  "Lease",
  "PersistentVolumeClaim",
  "Service",
  "Endpoints",
  "EndpointSlice",
  "NetworkPolicy",
  "PodDisruptionBudget",
  "StatefulSet",
  "Deployment",
  "HorizontalPodAutoscaler",
  "CronJob",
  "Job",
  "DaemonSet",
  "PodMonitor",
  "PrometheusRule",
];

/** How files are named: by what they hold, with a number that puts them in the order of their need. */
const FILE_PREFIX: Record<string, string> = {
  namespace: "00-",
  storage: "10-",
  certificates: "12-",
  agent: "15-",
  database: "20-database-",
  pooler: "20-database-",
  backup: "20-database-",
  application: "30-application-",
  monitoring: "40-",
  "log-collection": "50-",
  "node-monitoring": "50-",
};

/** File for what is not in Kubernetes. Its ending keeps kubectl from reading it. */
const CLOUD_FILE = "not-in-kubernetes.txt";

/** First line of every file of ours; a file that begins otherwise is never touched. */
const HEADER = "# Rendered from ";

/** The files that a rendered program comes to, by name. */
export function manifestFiles(
  { objects, cloudResources }: Pick<RenderedProgram, "objects" | "cloudResources">,
  stackFile: string,
): Map<string, string> {
  const byFile = new Map<string, KubernetesObject[]>();
  for (const object of objects) {
    const file = fileOf(object);
    byFile.set(file, [...(byFile.get(file) ?? []), object]);
  }
  const header = `${HEADER}${stackFile}. Make changes there, and render again.\n`;
  const files = new Map<string, string>();
  for (const file of [...byFile.keys()].sort()) {
    const documents = (byFile.get(file) ?? []).sort(byNeed).map((object) => `---\n${toYaml(clean(object))}`);
    files.set(file, header + documents.join(""));
  }
  if (cloudResources.length > 0) files.set(CLOUD_FILE, header + describeCloud(cloudResources));
  return files;
}

/**
 * Writes files into a directory, and removes those of ours that are no longer among them.
 *
 * @param secret whether they hold secrets: nobody but their owner may then read them
 */
export function writeManifests(files: Map<string, string>, directory: string, secret: boolean): void {
  mkdirSync(directory, { recursive: true, ...(secret ? { mode: 0o700 } : {}) });
  for (const file of readdirSync(directory)) {
    if (files.has(file) || !/\.(yaml|txt)$/.test(file)) continue;
    const path = join(directory, file);
    if (readFileSync(path, "utf8").startsWith(HEADER)) rmSync(path);
  }
  for (const [file, content] of files) {
    const path = join(directory, file);
    const there = existsSync(path);
    // Before the secrets are in it.
    if (there && secret) chmodSync(path, 0o600);
    if (there && readFileSync(path, "utf8") === content) continue;
    writeFileSync(path, content, secret ? { mode: 0o600 } : {});
  }
}

function fileOf({ metadata: { labels = {} } }: KubernetesObject): string {
  const component = labels["app.kubernetes.io/component"] ?? "";
  const prefix = FILE_PREFIX[component];
  if (prefix === undefined) throw new Error(`no file for objects of the component "${component}"`);
  const named = prefix.split("-").length > 2;
  return `${prefix}${named ? (labels["app.kubernetes.io/instance"] ?? "") : component}.yaml`;
}

/** Made once: `localeCompare` with options looks the language up for each pair. */
const { compare } = new Intl.Collator("en", { numeric: true });

function byNeed(a: KubernetesObject, b: KubernetesObject): number {
  return rank(a) - rank(b) || compare(a.metadata.name, b.metadata.name);
}

function rank({ kind }: KubernetesObject): number {
  const index = KIND_ORDER.indexOf(kind);
  if (index < 0) throw new Error(`no place in the order for objects of the kind ${kind}`);
  return index;
}

/** An object without what is only for Pulumi. */
function clean(object: KubernetesObject): KubernetesObject {
  const { apiVersion, kind, metadata, ...rest } = object;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(
    ([key]) => !key.startsWith("pulumi.com/"),
  );
  const { name, namespace, labels } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    },
    ...rest,
  };
}

function toYaml(value: unknown): string {
  return dump(value, { lineWidth: -1, noRefs: true });
}

function describeCloud(resources: CloudResource[]): string {
  const intro = "# These are made by `pulumi up` in the cloud account; kubectl cannot make them.\n";
  const sorted = [...resources].sort((a, b) => (a.type + a.name < b.type + b.name ? -1 : 1));
  return intro + sorted.map((resource) => `---\n${toYaml(resource)}`).join("");
}
