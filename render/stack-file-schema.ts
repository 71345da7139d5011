import { CORE_SCHEMA, defineScalarTag, intCoreTag, mergeTag, NOT_RESOLVED, Schema } from "js-yaml";

/** What the Pulumi CLI, whose reader is Go's, takes for something else than YAML 1.2 does. */
const AMBIGUOUS: readonly [pattern: RegExp, read: string][] = [
  [/^[-+]?0[0-7_]*[0-7]$/, "an octal number"],
  [/^[-+]?(\d[\d_]*_[\d_]*(\.[\d_]*)?|0b[01_]+|0x[\da-f_]*_[\da-f_]*)$/i, "a number"],
  [/^\d{4}-\d{1,2}-\d{1,2}([Tt ]|$)/, "a date with a time"],
];

/** A value that two readers take for two things. */
export class AmbiguousValue extends Error {
  /** @param source the value as it stands there */
  constructor(
    readonly source: string,
    message: string,
  ) {
    super(message);
  }
}

/** Throws {@link AmbiguousValue}. */
const ambiguousTag = defineScalarTag("tag:stateful,2026:ambiguous", {
  implicit: true,
  identify: () => false,
  resolve: (source, isExplicit) => {
    if (isExplicit || source === "0") return NOT_RESOLVED;
    const read = AMBIGUOUS.find(([pattern]) => pattern.test(source))?.[1] ?? tooLarge(source);
    if (read === undefined) return NOT_RESOLVED;
    throw new AmbiguousValue(
      source,
      `the Pulumi CLI takes ${source} for ${read}; write it in quotes: "${source}"`,
    );
  },
});

function tooLarge(source: string): string | undefined {
  const value = intCoreTag.resolve(source, false, intCoreTag.tagName);
  return typeof value === "number" && !Number.isSafeInteger(value) ? "a number of more digits" : undefined;
}

/**
 * The YAML of stack files: as the Pulumi CLI reads it, with merge keys (`<<`), and without what it reads in another way
 * than YAML 1.2 has it.
 *
 * @see https://pkg.go.dev/gopkg.in/yaml.v3#readme-compatibility
 */
export const STACK_FILE_SCHEMA = new Schema([ambiguousTag, ...CORE_SCHEMA.withTags(mergeTag).tags]);
