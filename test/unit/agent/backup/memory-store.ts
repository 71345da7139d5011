import {
  checkName,
  Exists,
  NotThere,
  type Store,
  type StoredObject,
} from "../../../../agent/backup/store/store";

/** A store in memory, which can do what a real one can do wrong. */
export class MemoryStore implements Store {
  readonly objects = new Map<string, Buffer>();
  /** When each was stored, ms since 1970. */
  readonly modified = new Map<string, number>();
  now = (): number => 0;
  /** Thrown by everything while it is set. */
  failure: Error | undefined;
  /** Nothing comes back while it is set, nor ever what was asked meanwhile. */
  hangs = false;
  /** How often it was asked for something. */
  asked = 0;

  async put(name: string, content: Uint8Array): Promise<void> {
    await this.reach();
    checkName(name);
    if (this.objects.has(name)) throw new Exists(name);
    this.objects.set(name, Buffer.from(content));
    this.modified.set(name, this.now());
  }

  async get(name: string): Promise<Buffer> {
    await this.reach();
    const found = this.objects.get(name);
    if (!found) throw new NotThere(name);
    return found;
  }

  async list(folder: string, after = ""): Promise<StoredObject[]> {
    await this.reach();
    return [...this.objects]
      .filter(([name]) => name.startsWith(`${folder}/`) && name > after)
      .map(([name, { length: size }]) => ({ name, size, modified: this.modified.get(name) ?? 0 }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async folders(folder: string): Promise<string[]> {
    const names = (await this.list(folder)).map(({ name }) => name.slice(folder.length + 1).split("/"));
    return [...new Set(names.filter((parts) => parts.length > 1).map(([first = ""]) => first))].sort();
  }

  async delete(name: string): Promise<void> {
    await this.reach();
    this.objects.delete(name);
  }

  async time(): Promise<number> {
    await this.reach();
    return this.now();
  }

  private async reach(): Promise<void> {
    this.asked++;
    if (this.hangs) await new Promise(() => undefined);
    if (this.failure) throw this.failure;
  }
}
