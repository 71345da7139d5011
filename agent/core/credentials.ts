import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Keys with names and switches, which are no secrets. */
const NO_SECRET =
  /^(.*username|.*rotation|owner|database|revoke-previous|users\.json|logs\.json|growth\.json|storage-size)$/;

/** Reads values of a mounted Secret, as they are now: the kubelet exchanges them when it changes. */
export class Credentials {
  constructor(private readonly directory: string) {}

  /**
   * The value of a key, without the line breaks that editors and `echo` leave at its end.
   * @throws Error that names the key when it is not there, or holds what stands for a value in manifests
   *   that were rendered without one: everybody would know it.
   */
  async read(key: string): Promise<string> {
    const value = await this.find(key);
    if (value === undefined) throw new Error(`the Secret lacks the key "${key}"`);
    if (value === "") throw new Error(`the Secret's "${key}" is empty`);
    if (/^<.*>$/s.test(value)) {
      throw new Error(
        `the Secret's "${key}" is the placeholder of rendered manifests: render them with --secrets-file, ` +
          "or write a value of your own into the Secret",
      );
    }
    return value;
  }

  /** A text without any value of the Secret that it holds. */
  async hide(text: string): Promise<string> {
    let hidden = text;
    for (const key of (await readdir(this.directory)).filter((name) => !name.startsWith("."))) {
      const value = NO_SECRET.test(key) ? undefined : await this.find(key);
      if (value !== undefined && value !== "") hidden = hidden.replaceAll(value, "***");
    }
    return hidden;
  }

  /** The same, `undefined` when the key is not there. */
  async find(key: string): Promise<string | undefined> {
    try {
      return (await readFile(join(this.directory, key), "utf8")).replace(/[\r\n]+$/, "");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }
}
