import * as assert from "node:assert/strict";
import { runInitial } from "../../../../agent/postgresql/initial";
import type { asAdministrator } from "../../../../agent/postgresql/sql";

describe("agent: SQL that a PostgreSQL database begins with", () => {
  let said: string[];
  let patience: number | undefined;
  const administrator = (async (database: string, work: any, limit?: number) => {
    patience = limit;
    return work(async (sql: string) => {
      said.push(`${database}: ${sql}`);
      if (sql.includes("BROKEN")) {
        const position = String(Array.from(sql.slice(0, sql.indexOf("BROKEN"))).length + 1);
        throw Object.assign(new Error('syntax error at or near "BROKEN"'), { position });
      }
      return [];
    });
  }) as typeof asAdministrator;
  const run = async (statements: string[]): Promise<void> =>
    runInitial(administrator, statements, { database: "app", owner: "shop" });

  beforeEach(() => {
    said = [];
  });

  it("runs each text as the role that its objects belong to, however long it takes, and waits for no standby", async () => {
    await run(["CREATE TABLE a (id int); RESET ROLE", "CREATE TABLE b (id int)"]);
    assert.equal(patience, 0);
    assert.ok(said.includes("app: SET synchronous_commit = local"));
    assert.deepEqual(said.slice(-4), [
      'app: SET ROLE "shop"',
      "app: CREATE TABLE a (id int); RESET ROLE",
      'app: SET ROLE "shop"',
      "app: CREATE TABLE b (id int)",
    ]);
  });

  it("says which text fails, and in which line", async () => {
    await assert.rejects(
      run(["SELECT 1", "SELECT '😀';\n\nBROKEN"]),
      /^Error: initSql\[1\], line 3: syntax error at or near "BROKEN"$/,
    );
  });
});
