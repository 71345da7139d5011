import type { z } from "zod";
import { didYouMean } from "../components/common/did-you-mean";
import type { Problems } from "../components/common/problems";
import { elsewhere } from "./elsewhere";

/**
 * Parses a value, and tells of every mistake in it.
 *
 * @returns the value without its mistakes, as far as it is one then: so that one does not hide another
 */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  problems: Problems,
): z.infer<Schema> | undefined {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  addSchemaIssues(result.error.issues, value, problems);
  return schema.safeParse(withoutMistakes(value, result.error.issues)).data;
}

/** Turns what zod found into problems that name key, value, what is allowed and what to do. */
function addSchemaIssues(issues: z.core.$ZodIssue[], input: unknown, problems: Problems): void {
  for (const issue of issues) {
    const at = issue.path.reduce<Problems>(
      (parent, part) => parent.at(typeof part === "number" ? `[${part}]` : String(part)),
      problems,
    );
    // What a short form stands for is not in the input: of `exposure: public`, the type.
    const value: unknown = issue.code === "invalid_value" ? issue.input : valueAt(input, issue.path);
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) unknownKey(key, issue.message.split(", "), at);
    } else if (value === undefined) {
      at.add("", { allowed: expected(issue), fix: "add it: it has no default" });
    } else if (value === null) {
      at.add("", { value, allowed: expected(issue), fix: "give it a value, or remove the key" });
    } else {
      // What was meant for a secret is one in any form.
      const secret = /password$/i.test(String(issue.path.at(-1)));
      const fix = advice(issue, value);
      at.add(
        "",
        secret ? { allowed: expected(issue), fix: secretAdvice } : { value, allowed: expected(issue), fix },
      );
    }
  }
}

/** A copy of a value without the parts that have an issue. */
function withoutMistakes(input: unknown, issues: z.core.$ZodIssue[]): unknown {
  const copy: unknown = structuredClone(input);
  for (const issue of issues) {
    const paths =
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    for (const path of paths) {
      // What a short form stands for goes with that.
      const depth = path.findIndex((_, index) => !isObject(valueAt(copy, path.slice(0, index))));
      const written = depth === -1 ? path : path.slice(0, depth);
      const parent = valueAt(copy, written.slice(0, -1));
      const key = written.at(-1);
      if (key !== undefined && isObject(parent)) Reflect.deleteProperty(parent, key);
    }
  }
  return copy;
}

/** Reports a key that does not exist, with the one that was probably meant. */
export function unknownKey(key: string, allowed: readonly string[], problems: Problems): void {
  if (wasMeantForSecret(key)) {
    problems.add(key, {
      allowed: "no secret in plain text",
      fix:
        "remove it from the file, change that password if the file was shared, and set it by " +
        "`pulumi config set --secret --path 'stateful:passwords.<database>.password'`",
    });
    return;
  }
  const known = elsewhere(key);
  if (known !== undefined) {
    problems.add(key, { allowed: "no such key", fix: known });
    return;
  }
  problems.add(key, {
    allowed: allowed.join(", "),
    fix: didYouMean(key, allowed) ?? "remove it: there is no such key",
  });
}

/** Whether a key that does not exist was meant for something nobody should read, however it is called. */
function wasMeantForSecret(name: string): boolean {
  return /passw|passphrase|secret$|token|credential/i.test(name);
}

function expected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return nameOfType(issue.expected);
    case "invalid_value":
      return issue.values.map(String).join(", ");
    case "invalid_union":
      return optionsOf(issue).join(", ");
    case "too_small":
      return issue.origin === "string" || issue.origin === "array"
        ? "something: not empty"
        : `at least ${String(issue.minimum)}`;
    default:
      return issue.message;
  }
}

const secretAdvice = "write it as a text, in quotes where it looks like something else";

function nameOfType(type: string): string {
  const names: Record<string, string> = {
    string: "a text",
    int: "a whole number",
    number: "a number",
    boolean: "true or false",
    object: "a map (key: value)",
    record: "a map (key: value)",
    array: "a list (- item)",
  };
  return names[type] ?? type;
}

function advice(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "invalid_value" && typeof value === "string") {
    return didYouMean(value, issue.values.map(String)) ?? "choose one of these";
  }
  if (issue.code === "invalid_union") {
    return didYouMean(String(value), optionsOf(issue)) ?? "choose one of these";
  }
  if (issue.code !== "invalid_type") return "correct the value";
  const isScalar = ["number", "boolean"].includes(typeof value);
  if (issue.expected === "string" && isScalar) return `write it in quotes: "${String(value)}"`;
  const wantsMap = issue.expected === "object" || issue.expected === "record";
  if (Array.isArray(value) && wantsMap)
    return "write it as a map: one key with its value a line, without dashes";
  if (issue.expected === "array") return "write it as a list, in brackets or with a dash before each item";
  return "correct the type";
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}

/** What a discriminated union can be of. */
function optionsOf(issue: z.core.$ZodIssueInvalidUnion): string[] {
  return "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
