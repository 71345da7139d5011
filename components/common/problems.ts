import * as pulumi from "@pulumi/pulumi";

/** One mistake, told so that the person who made it can mend it. */
export interface Problem {
  /** Where: the key as its author wrote it, for instance `stateful:databases.orders.replicas`. */
  key: string;
  /** File and line of that, where they are known: `Pulumi.dev.yaml:7`. */
  place?: string;
  /** What stands there. Left out where the value is missing or must not be shown. */
  value?: unknown;
  /** What may stand there. */
  allowed: string;
  /** What to do about it. */
  fix: string;
}

/** Collects problems under one prefix, so that a check need not know where in the stack file it stands. */
export class Problems {
  constructor(
    readonly prefix: string,
    readonly found: Problem[] = [],
  ) {}

  /** Notes a mistake at `key`, relative to the prefix; an empty key means the prefix itself. */
  add(key: string, problem: Omit<Problem, "key">): void {
    this.found.push({ key: join(this.prefix, key), ...problem });
  }

  /** The same collection, seen from one level deeper. */
  at(key: string): Problems {
    return new Problems(join(this.prefix, key), this.found);
  }

  /**
   * Ends the program if anything was found.
   *
   * @throws InvalidArgsError with every problem, sorted by nothing but the order of finding.
   */
  throwIfAny(): void {
    if (this.found.length > 0) throw new InvalidArgsError(this.found);
  }
}

/** All mistakes of a program at once. A `RunError`: Pulumi shows its message without a stack trace. */
export class InvalidArgsError extends pulumi.RunError {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    super(describeProblems(problems));
    this.problems = problems;
  }
}

function join(prefix: string, key: string): string {
  if (key === "" || prefix === "") return prefix + key;
  return key.startsWith("[") ? prefix + key : `${prefix}.${key}`;
}

function describeProblems(problems: Problem[]): string {
  const heading =
    problems.length === 1
      ? "1 mistake in the configuration; nothing was changed:"
      : `${problems.length} mistakes in the configuration; nothing was changed:`;
  return [heading, ...problems.map(describeProblem)].join("\n");
}

function describeProblem({ key, place, value, allowed, fix }: Problem): string {
  const shown = value === undefined ? "" : ` = ${abbreviate(JSON.stringify(value))}`;
  const where = place === undefined ? "" : `   (${place})`;
  return `  - ${key}${shown}${where}\n      allowed: ${allowed}\n      to do:   ${fix}`;
}

function abbreviate(text: string): string {
  const longest = 80;
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
