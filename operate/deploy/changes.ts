import type { KubernetesObject } from "../../render/program";
import type { Kubectl } from "../kube/kubectl";

/** What an object of a stack would become. */
export interface Change {
  /** `StatefulSet databases/orders`. */
  object: string;
  /** Each field that would change, with both values as they are shown; nothing for an object that would be new. */
  fields?: string[];
  /** It would be deleted: an application that is another thing now has no such part. @default false */
  gone?: boolean;
}

/** What the API server writes, and nobody applies. */
const SERVERS = new Set([
  "status",
  ...["managedFields", "resourceVersion", "generation", "creationTimestamp", "uid"].map(
    (key) => `metadata.${key}`,
  ),
]);
const LONGEST_VALUE = 60;

/**
 * What would be changed by applying objects, as the API server answers before it does so.
 *
 * @param dryRun applies manifests without any effect, and returns what would come of it as JSON
 * @param manifestsOf what kubectl reads the objects from
 */
export async function changesOf(
  kubectl: Kubectl,
  objects: KubernetesObject[],
  manifestsOf: (objects: KubernetesObject[]) => string,
  dryRun: (manifests: string) => Promise<string>,
): Promise<Change[]> {
  const absent = await absentNamespaces(kubectl, objects);
  // Of what is in a namespace that is not there, the API server could not be asked; it is new anyway.
  const isNew = (object: KubernetesObject) => absent.has(namespaceOf(object));
  const asked = objects.filter((object) => !isNew(object));
  const fresh = objects.filter(isNew).map((object) => ({ object: nameOf(object) }));
  if (asked.length === 0) return fresh;
  const manifests = manifestsOf(asked);
  const there = itemsOf(
    await kubectl.run(["get", "--filename=-", "--ignore-not-found", "-o", "json"], manifests),
  );
  const byName = new Map(there.map((object) => [nameOf(object), object]));
  const sent = new Map(asked.map((object) => [nameOf(object), asKept(object)]));
  const changed = itemsOf(await dryRun(manifests)).flatMap((wanted): Change[] => {
    const object = nameOf(wanted);
    const present = byName.get(object);
    if (present === undefined) return [{ object }];
    const fields = differences(present, wanted, sent.get(object), "", wanted.kind === "Secret");
    return fields.length === 0 ? [] : [{ object, fields }];
  });
  return [...fresh, ...changed];
}

/** Changes in lines: `+` is new, `~` is changed, `-` is deleted. */
export function describeChanges(changes: Change[], all: number): string {
  if (changes.length === 0) return `Nothing would change: all ${all} objects are as the stack file has them.`;
  const lines = changes.flatMap(({ object, fields, gone }) => {
    if (gone === true) return [`  - ${object}`];
    return fields === undefined
      ? [`  + ${object}`]
      : [`  ~ ${object}`, ...fields.map((field) => `      ${field}`)];
  });
  return [`What would change, of ${all} objects (+ new, ~ changed, - deleted):`, ...lines].join("\n");
}

async function absentNamespaces(kubectl: Kubectl, objects: KubernetesObject[]): Promise<Set<string>> {
  const names = [...new Set(objects.map(namespaceOf))].filter((name) => name !== "");
  const found = await Promise.all(names.map((name) => kubectl.get("namespace", name)));
  return new Set(names.filter((_, index) => found[index] === undefined));
}

/** The namespace that an object is in, or is. */
function namespaceOf({ kind, metadata }: KubernetesObject): string {
  return kind === "Namespace" ? metadata.name : (metadata.namespace ?? "");
}

/** How an object is called in what is shown. */
export function nameOf({ kind, metadata }: Pick<KubernetesObject, "kind" | "metadata">): string {
  return `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;
}

/** kubectl prints one object as itself, several as a list, and nothing where there is none. */
function itemsOf(json: string): KubernetesObject[] {
  if (json.trim() === "") return [];
  const answer = JSON.parse(json) as KubernetesObject & { items?: KubernetesObject[] };
  return answer.items ?? [answer];
}

/** A Secret's texts are kept encoded, under another key. */
function asKept(object: KubernetesObject): KubernetesObject {
  return object.kind === "Secret" ? { ...object, data: object["stringData"] } : object;
}

/** @param sent what was sent of this: what others write there meanwhile, as servers do, is no change of ours */
function differences(
  before: unknown,
  after: unknown,
  sent: unknown,
  path: string,
  secret: boolean,
): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (sent === undefined && after !== undefined) return [];
  if (isMap(before) && isMap(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
      const inner = path === "" ? key : `${path}.${key}`;
      if (SERVERS.has(inner)) return [];
      return differences(before[key], after[key], isMap(sent) ? sent[key] : undefined, inner, secret);
    });
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    const items: readonly unknown[] = Array.isArray(sent) && sent.length === after.length ? sent : after;
    return before.flatMap((item, index) =>
      differences(item, after[index], items[index], `${path}[${index}]`, secret),
    );
  }
  // Whatever is in a Secret's data is hidden, also how long it is.
  if (secret && /^(stringData|data)\./.test(`${path}.`)) return [`${path}: (hidden)`];
  return [`${path}: ${shown(before)} → ${shown(after)}`];
}

function shown(value: unknown): string {
  if (value === undefined) return "(none)";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE || text.includes("\n") ? `(${text.length} characters)` : text;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
