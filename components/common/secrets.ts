// What is written into a stack file stands in plain text in ConfigMaps, pods and rendered files, and many may read those.

/** What only a secret is called. */
const WORD =
  "(?:password|passwd|pwd|passphrase|secret|secret[_-]?id|secret[_-]?key|access[_-]?key|api[_-]?key|token)";

/** The last word of a name. */
const SECRET_NAME = new RegExp(`(?:^|[_.-])${WORD}$`, "i");

/** A secret that is given a value: `PGPASSWORD=x`, `--token x`, `@token = 'x'`. One that is only referred to (`$X`) is none. */
const ASSIGNED = [
  new RegExp(`${WORD}=["']?[^\\s"'$=]`, "i"),
  new RegExp(`${WORD}\\s*=\\s*["'][^"'$]`, "i"),
  new RegExp(`(?:^|\\s)--${WORD}\\s+["']?[^\\s"'$-]`, "i"),
];

/** `scheme://user:password@host`, the password written out. */
const IN_URL = /\b[a-z][a-z\d+.-]*:\/\/[^\s/:@]*:[^\s/@$]+@/i;

/** Whether what goes by this name is a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Whether a text has a secret in it, as a command or an address may. */
export function holdsSecret(text: string): boolean {
  return ASSIGNED.some((pattern) => pattern.test(text)) || IN_URL.test(text);
}
