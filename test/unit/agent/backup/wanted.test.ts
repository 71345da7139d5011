import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBackup } from "../../../../agent/backup/open";
import { Refused } from "../../../../agent/backup/store/store";
import { wantedIn } from "../../../../agent/backup/wanted";

const SETTINGS = { destination: { kind: "directory", path: "/nowhere", prefix: "" } };

for (const [who, open] of [
  ["stores the log", (directory: string) => wantedIn(directory, {})()],
  ["copies and restores", (directory: string) => openBackup({}, directory)],
] as const) {
  describe(`backup: what ${who}`, () => {
    let directory = "";
    const write = (file: string, text: string): void => {
      writeFileSync(join(directory, file), text);
    };
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "backup-"));
      write("backup.json", JSON.stringify(SETTINGS));
    });
    afterEach(() => {
      rmSync(directory, { recursive: true });
    });

    it("has nothing to do where no backup is wanted", async () => {
      write("backup.json", "\n");
      assert.equal(await open(directory), undefined);
    });

    for (const [what, key] of [
      ["none", undefined],
      ["an empty one", " \n"],
      ["what a manifest has in its place", "<the encryption key of orders, of 32 characters or more>"],
    ] as const) {
      it(`takes no key for one that is ${what}`, async () => {
        if (key !== undefined) write("encryption-key", key);
        await assert.rejects(open(directory), Refused);
      });
    }

    it("goes by the settings and the key that are mounted", async () => {
      write("encryption-key", `${"k".repeat(32)}\n`);
      assert.deepEqual((await open(directory))?.settings, SETTINGS);
    });
  });
}
