import { isIP } from "node:net";

/**
 * The longest name of a StatefulSet: its pods carry `<name>-<hash of ten characters>` in a label, and a
 * label's value has at most 63 characters.
 */
export const MAX_STATEFUL_SET_NAME_LENGTH = 52;

/** What a label of DNS may be, in words. */
export const DNS_LABEL_RULE = "lower-case letters, digits and '-', a letter first, no '-' last";

/** Whether a text can be the name of a Service (RFC 1035): stricter than other names, since it is in DNS. */
export function isServiceName(name: string, maxLength = 63): boolean {
  return name.length <= maxLength && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name);
}

/** Whether a text can be the name of a namespace or a node label (RFC 1123 label). */
export function isDnsLabel(name: string): boolean {
  return name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name);
}

/** Whether a text can be the name of a node, a class or a Secret (RFC 1123 subdomain). */
export function isDnsSubdomain(name: string): boolean {
  return name.length <= 253 && name.split(".").every(isDnsLabel);
}

/** Whether a text can be a key of a Secret or a ConfigMap. */
export function isConfigKey(key: string): boolean {
  return key.length <= 253 && /^[-._A-Za-z0-9]+$/.test(key) && !/^\.\.?$|^\.\./.test(key);
}

/** Whether a text can be the value of a label. */
export function isLabelValue(value: string): boolean {
  return value.length <= 63 && /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(value);
}

/** Whether a text can be the key of a label or an annotation, with its optional `prefix/`. */
export function isQualifiedName(key: string): boolean {
  const [name, prefix, ...rest] = key.split("/").reverse();
  if (name === undefined || name === "" || rest.length > 0) return false;
  return isLabelValue(name) && (prefix === undefined || isDnsSubdomain(prefix));
}

/**
 * Whether a text names a container image: `[host[:port]/]path[:tag][@digest]`.
 *
 * @see https://github.com/distribution/reference
 */
export function isImageReference(text: string): boolean {
  const part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
  const host = "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\\d+)?/)?";
  const tag = "(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?";
  return new RegExp(`^${host}${part}(?:/${part})*${tag}(?:@sha256:[0-9a-f]{64})?$`).test(text);
}

/** Whether a text is a block of addresses such as `10.0.0.0/8` or `2001:db8::/32`. */
export function isCidr(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  if (bits === undefined || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
  const family = isIP(address);
  return family !== 0 && Number(bits) <= (family === 4 ? 32 : 128);
}
