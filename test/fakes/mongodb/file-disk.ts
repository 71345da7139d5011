import { EJSON } from "bson";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { NEVER, type OpTime } from "./optime";
import { plain } from "./replication";
import type { Disk, Kept } from "./state";
import { type Doc, type Entry, Store } from "./store";

/** Files below the directory of the data. The first is the real server's, by which agents know that one has begun there. */
const FILES = { begun: "WiredTiger", kept: "kept.json", log: "oplog.ndjson" } as const;

/** A disk of files: what was journaled survives the process, and a power cut. */
export class FileDisk implements Disk {
  readonly store = new Store();
  kept: Kept = { vote: { term: 0, for: "" }, copying: false, rollbacks: [], rollbackId: 1 };

  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true });
    if (!existsSync(this.path("begun"))) this.write("begun", "a stand-in's\n");
    const kept = this.read("kept");
    if (kept !== undefined) this.kept = parsed(kept) as unknown as Kept;
    this.load();
  }

  keep(): void {
    this.write("kept", printed(this.kept));
  }

  journal(): void {
    const fresh = this.store.journal();
    if (this.store.rewritten) {
      this.store.rewritten = false;
      this.write("log", `${printed({ snapshot: this.store.snapshot() })}\n`);
      return;
    }
    if (fresh.length > 0) this.add(fresh.map((entry) => `${printed(plain(entry))}\n`).join(""));
  }

  putAside(undone: Doc[]): string {
    mkdirSync(join(this.directory, "rollback"), { recursive: true });
    const name = `rollback/removed.${this.kept.rollbackId}.bson`;
    writeWhole(join(this.directory, name), undone.map((one) => `${printed(one)}\n`).join(""));
    return name;
  }

  /** Takes the journal's entries in their order; what a power cut tore was never acknowledged. */
  private load(): void {
    for (const line of (this.read("log") ?? "").split("\n")) {
      if (line === "") continue;
      let said: Doc;
      try {
        said = parsed(line);
      } catch {
        break;
      }
      const snapshot = said["snapshot"] as { data: Doc; sessions: Doc[]; at: OpTime } | undefined;
      if (snapshot) {
        this.store.clear();
        if (snapshot.at.t > NEVER.t) this.store.restore(snapshot);
      } else this.store.append(said as Entry);
    }
    this.store.journal();
    this.store.rewritten = false;
  }

  private add(text: string): void {
    const file = openSync(this.path("log"), "a");
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  private write(name: keyof typeof FILES, text: string): void {
    writeWhole(this.path(name), text);
  }

  private read(name: keyof typeof FILES): string | undefined {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), "utf8") : undefined;
  }

  private path(name: keyof typeof FILES): string {
    return join(this.directory, FILES[name]);
  }
}

/** There is the text before, or this one. */
function writeWhole(path: string, text: string): void {
  const file = openSync(`${path}.new`, "w");
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}

function printed(value: unknown): string {
  return EJSON.stringify(value, { relaxed: false });
}

function parsed(text: string): Doc {
  return EJSON.parse(text, { relaxed: true }) as Doc;
}
