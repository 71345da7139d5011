import type { Archive, LogHole, Stretch } from "../../../../agent/core/engine";
import { positions } from "../../../../agent/mysql/archived";

const SOURCE = "3f8e4c1a-0000-4000-8000-000000000001";

/** The transactions from the first to one. */
export const upTo = (last: number): string => (last === 0 ? "" : `${SOURCE}:1-${last}`);
export const between = (first: number, last: number): string => `${SOURCE}:${first}-${last}`;

/** A member's log: each transaction takes 10 bytes, and a file has as many as it is given until the next is begun. */
export class FakeLog implements Archive {
  readonly positions = positions;
  /** Number of the last transaction. */
  last = 0;
  /** Where each file begins: after which transaction. */
  files: { name: string; after: number }[] = [{ name: "binlog.000001", after: 0 }];
  kept: boolean | undefined;
  expired: string[] = [];
  hangs = false;
  /** Whether what is given up is kept to be written over, and how much that is, bytes. */
  recycles = false;
  recycled = 0;
  /** When what was given up had been committed, ms since 1970. */
  given = Date.parse("2026-11-26T07:00:20Z");

  constructor(private readonly head = "head") {}

  commit(count = 1): void {
    this.last += count;
  }

  rotate(): void {
    const number = Number(this.files.at(-1)!.name.split(".")[1]) + 1;
    this.files.push({ name: `binlog.${String(number).padStart(6, "0")}`, after: this.last });
  }

  async position(): Promise<string> {
    if (this.hangs) await new Promise(() => undefined);
    return upTo(this.last);
  }

  async begin(): Promise<string> {
    return upTo(this.files[0]!.after);
  }

  async next(archived: string, stored: readonly Stretch[]): Promise<Stretch | LogHole | undefined> {
    const index = this.files.findLastIndex(({ after }) => positions.contains(archived, upTo(after)));
    if (index < 0) return { hole: true, after: upTo(this.files[0]!.after), until: this.given };
    const { name, after } = this.files[index]!;
    const done = stored.find((one) => one.file === name && one.head === this.head);
    const end = this.files[index + 1]?.after ?? this.last;
    const from = done?.to ?? 0;
    const to = (end - after) * 10;
    if (to <= from) return undefined;
    return { file: name, head: this.head, from, to, before: done?.after ?? upTo(after), after: upTo(end) };
  }

  async read(stretch: Stretch, from: number, bytes: number): Promise<Buffer> {
    return Buffer.from(`${stretch.file}@${from}`.padEnd(bytes, ".").slice(0, bytes));
  }

  async backlog(archived: string): Promise<number> {
    const index = this.files.findLastIndex(({ after }) => positions.contains(archived, upTo(after)));
    return (this.last - this.files[Math.max(0, index)]!.after) * 10;
  }

  async release(archived: string, bytes: number): Promise<boolean> {
    let released = false;
    const before = this.files[0]!.after * 10;
    while ((await this.backlog(archived)) > bytes && this.files.length > 1) {
      this.files.shift();
      released = true;
    }
    if (this.recycles) this.recycled += this.files[0]!.after * 10 - before;
    return released;
  }

  async spare(): Promise<number> {
    return this.recycled;
  }

  async expire(archived: string): Promise<void> {
    this.expired.push(archived);
  }

  async keep(wanted: boolean): Promise<void> {
    this.kept = wanted;
  }
}
