import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { UsageError } from "../../render/usage-error";
import type { Judgement, RoundHistory } from "./checkers/checker";

const HISTORY = /^round-\d+\.json\.gz$/;

/** A folder with the histories of a soak. */
export class Kept {
  constructor(readonly folder: string) {}

  /** Where checkers write about a round. */
  pages(number: number): string {
    return join(this.folder, nameOf(number));
  }

  /** Keeps a round with what was said of it. @returns the file */
  keep(history: RoundHistory, judgements: Judgement[], seed: number): string {
    mkdirSync(this.folder, { recursive: true });
    const file = join(this.folder, `${nameOf(history.number)}.json.gz`);
    writeFileSync(file, gzipSync(JSON.stringify({ seed, history, judgements })));
    return file;
  }

  /** Forgets what was written about a round, and the folder if nothing else is in it. */
  forget(number: number): void {
    rmSync(this.pages(number), { recursive: true, force: true });
    if (existsSync(this.folder) && readdirSync(this.folder).length === 0) rmdirSync(this.folder);
  }

  /** The kept rounds. @throws UsageError if there are none */
  histories(): RoundHistory[] {
    const names = existsSync(this.folder) ? readdirSync(this.folder) : [];
    const files = names.filter((name) => HISTORY.test(name)).sort();
    if (files.length === 0) throw new UsageError(`there is no history in ${this.folder}`);
    return files.map((name) => {
      const text = gunzipSync(readFileSync(join(this.folder, name))).toString("utf8");
      return (JSON.parse(text) as { history: RoundHistory }).history;
    });
  }
}

function nameOf(number: number): string {
  return `round-${String(number).padStart(3, "0")}`;
}
