import * as assert from "node:assert/strict";
import { runInitial } from "../../../../agent/mysql/initial";

describe("agent: SQL that a MySQL database begins with", () => {
  let said: string[];
  let ended: number;
  let left: { what: string }[];
  const connection = {
    query: async ({ sql }: { sql: string }) => {
      said.push(sql);
      if (sql.startsWith("BROKEN"))
        throw new Error("You have an error in your SQL syntax near 'BROKEN' at line 1");
      return [sql.includes("information_schema") ? left : []];
    },
    destroy: () => {
      ended++;
    },
  };
  const run = async (statements: string[], database: string | undefined = "app"): Promise<void> =>
    runInitial({ scripts: async () => connection as never }, statements, { database, user: "shop" });

  beforeEach(() => {
    [said, ended, left] = [[], 0, []];
  });

  it("runs each text by itself, in the application's database, by the server's own mode", async () => {
    await run(["CREATE TABLE a (id INT); CREATE TABLE b (id INT)", "INSERT INTO a VALUES (1)"]);
    assert.deepEqual(said.slice(0, 5), [
      "SET SESSION sql_mode = @@GLOBAL.sql_mode",
      "CREATE DATABASE IF NOT EXISTS `app`",
      "USE `app`",
      "CREATE TABLE a (id INT); CREATE TABLE b (id INT)",
      "INSERT INTO a VALUES (1)",
    ]);
    assert.equal(ended, 1);
  });

  it("says which text fails", async () => {
    await assert.rejects(
      run(["SELECT 1", "BROKEN"]),
      /^Error: initSql\[1\]: You have an error .* at line 1$/,
    );
    assert.equal(ended, 1);
  });

  it("leaves nothing behind that would run with root's rights", async () => {
    left = [{ what: "view app.all_orders" }, { what: "trigger app.stamped" }];
    await assert.rejects(
      run(["CREATE VIEW all_orders AS SELECT 1"]),
      /view app\.all_orders, trigger app\.stamped; give each DEFINER = `shop`@`%`/,
    );
  });
});
