/** A place for objects that are written once. Names are paths without a slash at either end, below the destination's prefix. */
export interface Store {
  /**
   * Stores an object, whole or not at all.
   * @throws Exists when there is one of that name: it stays as it is.
   */
  put(name: string, content: Uint8Array): Promise<void>;
  /** @throws NotThere when there is none. */
  get(name: string): Promise<Buffer>;
  /**
   * Everything below a folder, at any depth, in the order of its names.
   * @param after - only what comes after this name.
   */
  list(folder: string, after?: string): Promise<StoredObject[]>;
  /** The folders directly in a folder, in order. */
  folders(folder: string): Promise<string[]>;
  /** Removes an object; one that is not there is none to remove. */
  delete(name: string): Promise<void>;
  /**
   * What the store calls now, ms since 1970: by the clock that dates what is stored.
   * @param folder - one in which things may be listed and stored.
   */
  time(folder: string): Promise<number>;
  /**
   * Removes what was begun below a folder before a moment (ms since 1970) and never became an object. Where the store leaves nothing
   * of that kind, or sees to it itself, there is no such call.
   * @returns how many it removed
   */
  removeDrafts?(folder: string, before: number): Promise<number>;
}

/** An object in a list. */
export interface StoredObject {
  name: string;
  /** Bytes. */
  size: number;
  /** When it was stored, ms since 1970, by the store's clock; absent where it does not tell. */
  modified?: number;
}

/** A store did not do as it was asked. Its text is for people, and never holds a secret. */
export abstract class StoreError extends Error {
  constructor(
    message: string,
    /** What to do about it, as a sentence without its full stop. */
    readonly advice?: string,
  ) {
    super(message);
  }
}

/** It answered, and does not let us: keys, rights, bucket, region, certificate, clock. Somebody must change something. */
export class Refused extends StoreError {}

/** There is no object of that name. */
export class NotThere extends StoreError {}

/** There is one of that name already. */
export class Exists extends StoreError {}

/** It did not answer, or not in a way that says whether it did: to be tried again. */
export class Away extends StoreError {}

/** An object that was read is not what was stored. */
export class Damaged extends StoreError {}

/** The largest object that is read, bytes: parts of logs are far smaller, and an agent has little memory. */
export const LARGEST = 32 * 1024 * 1024;

/** @throws Error for what no name of an object is; a mistake of the program, or a path that leads elsewhere. */
export function checkName(name: string): void {
  const parts = name.split("/");
  if (parts.some((part) => !/^[\w.-]+$/.test(part) || /^\.+$/.test(part))) {
    throw new Error(`not a name of an object: ${JSON.stringify(name.slice(0, 200))}`);
  }
}
