import { createHash } from "node:crypto";

/**
 * Numbers that look random and follow from a seed and a name alone, on every machine. What is drawn under one name
 * never shifts what is drawn under another.
 */
export class Random {
  private count = 0;

  constructor(
    readonly seed: number,
    readonly name: string,
  ) {}

  /** From 0 up to, and without, 1. */
  next(): number {
    const digest = createHash("sha256").update(`${this.seed}/${this.name}/${this.count++}`).digest();
    return digest.readUInt32BE(0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.next() < 1 / times;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    const chosen = list[this.between(0, list.length - 1)];
    if (chosen === undefined) throw new Error("there is nothing to pick from");
    return chosen;
  }

  /** The same list in another order. */
  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list];
    return list.map(() => rest.splice(this.between(0, rest.length - 1), 1)[0] as T);
  }
}

/** A seed for those who brought none. */
export function anySeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
