/**
 * Reads what came over the network. A reader gives back what it understood, and nothing else of what was there, or
 * throws an error that names the field.
 */
export type Reader<T> = (value: unknown, field: string) => T;

/** A reader for each field of `T`; the compiler asks for one when `T` gets another field. */
export type Readers<T> = { [Key in keyof Required<T>]: Reader<T[Key]> };

/** Longest that an unknown value is quoted. */
const QUOTED = 40;

/** An object; fields without a reader are left out. */
export function objectOf<T extends object>(readers: Readers<T>): Reader<T> {
  return (value, field) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Error(`${field === "" ? "it" : field} is no object`);
    }
    const given = new Map(Object.entries(value));
    const entries = Object.entries<Reader<unknown>>(readers).map(
      ([key, read]) => [key, read(given.get(key), field === "" ? key : `${field}.${key}`)] as const,
    );
    return Object.fromEntries(entries.filter(([, part]) => part !== undefined)) as T;
  };
}

export function listOf<T>(read: Reader<T>, most: number): Reader<T[]> {
  return (value, field) => {
    if (!Array.isArray(value)) throw new Error(`${field} is no list`);
    if (value.length > most) throw new Error(`${field} has ${value.length} entries, more than ${most}`);
    return value.map((part, index) => read(part, `${field}[${index}]`));
  };
}

export function optional<T>(read: Reader<T>): Reader<T | undefined> {
  return (value, field) => (value === undefined || value === null ? undefined : read(value, field));
}

export function textUpTo(most: number): Reader<string> {
  return (value, field) => {
    if (typeof value !== "string") throw new Error(`${field} is no text`);
    if (value.length > most) throw new Error(`${field} is longer than ${most} characters`);
    return value;
  };
}

/** A text for people: its end is cut off where it is longer. */
export function proseUpTo(most: number): Reader<string> {
  return (value, field) => {
    if (typeof value !== "string") throw new Error(`${field} is no text`);
    return value.slice(0, most);
  };
}

/** What nobody decides by: where it cannot be read, it is left out, and costs nobody an answer. */
export function ifReadable<T>(read: Reader<T>): Reader<T | undefined> {
  return (value, field) => {
    try {
      return read(value, field);
    } catch {
      return undefined;
    }
  };
}

/** A whole number from 0 up to `most`. */
export function countUpTo(most: number): Reader<number> {
  return (value, field) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > most) {
      throw new Error(`${field} is no whole number from 0 to ${most}`);
    }
    return value;
  };
}

export const flag: Reader<boolean> = (value, field) => {
  if (typeof value !== "boolean") throw new Error(`${field} is neither true nor false`);
  return value;
};

/** One of some words. */
export function oneOf<T extends string>(...words: T[]): Reader<T> {
  return (value, field) => {
    const found = words.find((word) => word === value);
    if (found === undefined) {
      throw new Error(
        `${field} is ${JSON.stringify(value ?? null).slice(0, QUOTED)}, which is not known here`,
      );
    }
    return found;
  };
}

/** Values by names. */
export function mapOf<T>(read: Reader<T>, most: number): Reader<Record<string, T>> {
  return (value, field) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Error(`${field} is no object`);
    }
    const entries = Object.entries(value);
    if (entries.length > most) throw new Error(`${field} has ${entries.length} entries, more than ${most}`);
    return Object.fromEntries(entries.map(([key, part]) => [key, read(part, `${field}.${key}`)]));
  };
}
