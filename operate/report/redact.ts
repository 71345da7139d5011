import type { Secret } from "../kube/objects";

/** Takes what is secret out of a text. */
export type Redact = (text: string) => string;

/** Values shorter than this are in many texts by chance. No password that is made here is as short. */
const SHORTEST = 6;

/** Lines of a key that are as long as this stand for it also alone. */
const SHORTEST_LINE = 24;

/** Keys of Secrets whose values everybody may see: users' names, addresses, certificates. */
const PUBLIC_KEY = /(^|[-_.])(user(name)?|database|host|port)$|\.(crt|cert|ca)$/i;

/** Names under which a literal value is one that nobody should have written there. */
const TELLING_NAME = /(password|passwd|passphrase|token|secret|private[-_]?key|access[-_]?key)$/i;

/** A literal behind such a name in YAML, also on a line with others. Encrypted ones are nobody's business either. */
const LITERAL =
  /("?[\w.:-]*(?:password|passwd|passphrase|token|privateKey|accessKey|secretKey|secure|encryptionsalt|encryptedkey)"?\s*:\s+)(?![{[|>&*\s])("[^"]*"|'[^']*'|[^,}\n]+)/gi;

/**
 * Knows values by the Secrets that hold them, in every form in which they may stand in an object or a log, and names
 * them by their place, so that a reader still sees where a password was.
 */
export function redactor(secrets: readonly Secret[]): Redact {
  const places = new Map<string, string>();
  for (const { metadata, data } of secrets) {
    for (const [key, encoded] of Object.entries(data ?? {})) {
      if (PUBLIC_KEY.test(key)) continue;
      for (const form of formsOf(encoded)) places.set(form, `[redacted: ${metadata.name}, ${key}]`);
    }
  }
  // A value that is the beginning of another one must not leave the other's end behind.
  const forms = [...places].sort(([a], [b]) => b.length - a.length);
  return (text) => forms.reduce((rest, [form, place]) => rest.replaceAll(form, place), text);
}

/** A value as it is, as a Secret holds it, as JSON and as an address write it, and a key's lines each by itself. */
function formsOf(encoded: string): string[] {
  const value = Buffer.from(encoded, "base64").toString("utf8").trim();
  const lines = value.split("\n").filter((line) => line.length >= SHORTEST_LINE && !line.startsWith("-----"));
  const all = [value, encoded, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...lines];
  return [...new Set(all)].filter((form) => form.length >= SHORTEST);
}

/** Takes out of a text in YAML what stands as a literal behind a telling name, such as `password: hunter2`. */
export function withoutLiterals(text: string): string {
  return text.replace(LITERAL, "$1[redacted]");
}

interface Metadata {
  annotations?: Record<string, unknown>;
}

/** An object without what only its writers need, and a Secret without its values. */
export function shownObject(object: object): object {
  const { metadata = {}, ...rest } = object as { metadata?: Metadata; kind?: string };
  // The first holds the object once more, a Secret's values with it.
  const annotations = {
    ...metadata.annotations,
    "kubectl.kubernetes.io/last-applied-configuration": undefined,
  };
  const shown = { ...rest, metadata: { ...metadata, annotations, managedFields: undefined } };
  return rest.kind === "Secret" ? withoutValues(shown) : (withoutLiteralEnv(shown) as object);
}

/** Every text of a value, wherever it stands in it. */
export function eachText(value: unknown, change: Redact): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return (value as unknown[]).map((inner) => eachText(inner, change));
  if (typeof value !== "object" || value === null) return value;
  const entries: [string, unknown][] = Object.entries(value);
  return Object.fromEntries(entries.map(([key, inner]) => [key, eachText(inner, change)]));
}

function withoutValues(secret: object): object {
  const { data = {} } = secret as Secret;
  const sizes = Object.entries(data).map(
    ([key, value]) => [key, `[redacted: ${Buffer.from(value, "base64").length} bytes]`] as const,
  );
  return { ...secret, data: Object.fromEntries(sizes) };
}

/** `{ name: API_TOKEN, value: … }`, wherever a pod's template stands in the object. */
function withoutLiteralEnv(value: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map(withoutLiteralEnv);
  if (typeof value !== "object" || value === null) return value;
  const entries: [string, unknown][] = Object.entries(value);
  const { name } = value as { name?: unknown };
  const telling = typeof name === "string" && TELLING_NAME.test(name);
  return Object.fromEntries(
    entries.map(([key, inner]) => {
      const literal = telling && key === "value" && typeof inner === "string";
      return [key, literal ? "[redacted]" : withoutLiteralEnv(inner)];
    }),
  );
}
