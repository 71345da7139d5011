import { readdir } from "node:fs/promises";
import type { Notice } from "../core/notices";

/** What no majority had, a server has undone and kept. https://www.mongodb.com/docs/manual/core/replica-set-rollbacks/#collect-rollback-data */
export class Rollbacks {
  /** @param directory - where the server puts it */
  constructor(private readonly directory: string) {}

  /** Says that there is some, for as long as it is there: nobody else looks at it. */
  async notice(): Promise<Notice | undefined> {
    const files = (await this.files()).filter((name) => name.endsWith(".bson"));
    if (files.length === 0) return undefined;
    return {
      severity: "notice",
      text: `it has undone writes that no majority had, and keeps them in ${files.length} ${files.length === 1 ? "file" : "files"} below ${this.directory}`,
      advice: "look at them with bsondump, write again what is missing, and delete the files",
    };
  }

  private async files(): Promise<string[]> {
    try {
      return await readdir(this.directory, { recursive: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }
}
