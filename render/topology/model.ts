import { COMPONENT, INSTANCE, ZONE } from "../../components/protocol/labels";
import { headlessServiceName, claimName } from "../../components/protocol/names";
import type { KubernetesObject } from "../program";

/** A pod of a database, with the volume that outlives it. */
export interface MemberBox {
  name: string;
  /** Of its volume, as Kubernetes writes it; absent where it has none. */
  storage?: string;
  /** The node that its volume is on; absent where the scheduler finds one. */
  node?: string;
}

/** A name that clients connect to. */
export interface ServiceBox {
  name: string;
  /** `3306`, or several with commas between. */
  ports: string;
}

/** A database with all that belongs to it. */
export interface DatabaseBox {
  name: string;
  engine: string;
  /** The zones that its members may be in, where they are named. */
  zones: string[];
  members: MemberBox[];
  services: ServiceBox[];
}

/** What uses databases. */
export interface ApplicationBox {
  name: string;
  /** `Deployment` or `CronJob`. */
  kind: string;
  /** The databases whose networks admit it. */
  uses: string[];
}

/** What a picture of a stack shows. */
export interface Topology {
  namespace: string;
  /** All nodes that a volume is on, in the order of their names. */
  nodes: string[];
  databases: DatabaseBox[];
  applications: ApplicationBox[];
}

/** The ends of labels by which a network policy admits pods to a database. */
const CLIENT = /^(.+)-client$/;

/** Reads it from the objects of a stack. */
export function topologyOf(namespace: string, objects: readonly KubernetesObject[]): Topology {
  const databases = ofKind(objects, "StatefulSet")
    .filter((object) => labelOf(object, COMPONENT) === "database")
    .map((set) => databaseBox(set, objects))
    .sort(byName);
  const names = new Set(databases.map(({ name }) => name));
  const applications = [...ofKind(objects, "Deployment"), ...ofKind(objects, "CronJob")]
    .filter((object) => labelOf(object, COMPONENT) === "application")
    .map((object) => applicationBox(object, names))
    .sort(byName);
  const nodes = databases.flatMap(({ members }) => members.flatMap(({ node }) => node ?? []));
  const sorted = [...new Set(nodes)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return { namespace, nodes: sorted, databases, applications };
}

function databaseBox(set: KubernetesObject, objects: readonly KubernetesObject[]): DatabaseBox {
  const { name } = set.metadata;
  const spec = part(set, "spec");
  const template = part(part(spec, "template"), "spec");
  const replicas = Number(spec["replicas"] ?? 1);
  const own = ofKind(objects, "Service").filter((service) => labelOf(service, INSTANCE) === name);
  return {
    name,
    engine: labelOf(set, "app.kubernetes.io/name") ?? "",
    zones: zonesIn(template),
    members: Array.from({ length: replicas }, (_, ordinal) => memberBox(name, ordinal, objects)),
    services: own
      // Each member's own names are in its box.
      .filter((service) => service.metadata.name !== headlessServiceName(name) && !isMembers(service, name))
      .map((service) => ({ name: service.metadata.name, ports: portsOf(service) }))
      // Without a port it is an engine's own place for its state.
      .filter(({ ports }) => ports !== "")
      .sort(byName),
  };
}

function memberBox(database: string, ordinal: number, objects: readonly KubernetesObject[]): MemberBox {
  const name = claimName(database, ordinal);
  const claim = ofKind(objects, "PersistentVolumeClaim").find(({ metadata }) => metadata.name === name);
  const volume = ofKind(objects, "PersistentVolume").find(
    (object) => part(part(object, "spec"), "claimRef")["name"] === name,
  );
  const storage = part(part(part(claim ?? {}, "spec"), "resources"), "requests")["storage"];
  const [node] = volume === undefined ? [] : valuesFor("kubernetes.io/hostname", volume["spec"]);
  return {
    name: `${database}-${ordinal}`,
    ...(typeof storage === "string" ? { storage } : {}),
    ...(node === undefined ? {} : { node }),
  };
}

function applicationBox(object: KubernetesObject, databases: ReadonlySet<string>): ApplicationBox {
  const labels = Object.keys(podLabels(object["spec"]));
  const uses = labels.flatMap((label) => CLIENT.exec(label)?.[1] ?? []).filter((name) => databases.has(name));
  return { name: object.metadata.name, kind: object.kind, uses: uses.sort() };
}

/** Of the pods that an object makes, however deep their template is. */
function podLabels(spec: unknown): Record<string, unknown> {
  const { template, jobTemplate } = asPart(spec);
  if (jobTemplate !== undefined) return podLabels(asPart(jobTemplate)["spec"]);
  return part(part(asPart(template), "metadata"), "labels");
}

function zonesIn(podSpec: unknown): string[] {
  return valuesFor(ZONE, asPart(podSpec)["affinity"]);
}

/** What the expressions about a label of nodes allow, wherever in an affinity they are. */
function valuesFor(label: string, within: unknown): string[] {
  if (Array.isArray(within)) return within.flatMap((one) => valuesFor(label, one));
  const { key, values, ...rest } = asPart(within);
  if (key === label && Array.isArray(values)) return values.map(String);
  return Object.values(rest).flatMap((one) => valuesFor(label, one));
}

function isMembers(service: KubernetesObject, database: string): boolean {
  const rest = service.metadata.name.slice(database.length);
  return /^-\d+$/.test(rest);
}

function portsOf(service: KubernetesObject): string {
  const { ports } = part(service, "spec");
  return (Array.isArray(ports) ? ports : []).map((one) => String(asPart(one)["port"])).join(", ");
}

function labelOf({ metadata }: KubernetesObject, label: string): string | undefined {
  return metadata.labels?.[label];
}

function ofKind(objects: readonly KubernetesObject[], kind: string): KubernetesObject[] {
  return objects.filter((object) => object.kind === kind);
}

function part(of: object, field: string): Record<string, unknown> {
  return asPart((of as Record<string, unknown>)[field]);
}

function asPart(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name.localeCompare(b.name, "en", { numeric: true });
}
