import assert from "node:assert/strict";
import { Cassandra, MongoDb, MySql, PostgreSql, Redis } from "../../components";
import { Problems } from "../../components/common/problems";
import { checkInitSql } from "../../components/database/initial";
import { MYSQL_LIMITS } from "../../components/mysql/limits";
import { POSTGRESQL_LIMITS } from "../../components/postgresql/limits";
import { recordDatabase } from "./support/database";
import type { Recording } from "./support/recording";

const SCHEMA = ["CREATE TABLE one (id INT PRIMARY KEY);\nCREATE TABLE two (id INT PRIMARY KEY)"];

const recorded = async (Database: typeof MySql, initSql?: string[]): Promise<Recording> =>
  (await recordDatabase(() => new Database("orders", { namespace: "shop", ...(initSql ? { initSql } : {}) })))
    .recording;

function foundBy(initSql: string[], limits: typeof MYSQL_LIMITS): string[] {
  const problems = new Problems("orders");
  checkInitSql(initSql, limits, problems);
  return problems.found.map(({ key, value, allowed, fix }) => `${key}: ${String(value)}: ${allowed}: ${fix}`);
}

describe("SQL that a database begins with", () => {
  for (const [engine, Database] of Object.entries({ MySql, PostgreSql }) as [string, typeof MySql][]) {
    it(`comes to the agents of ${engine} in a file, and changes no pod`, async () => {
      const one = await recorded(Database, SCHEMA);
      const data = one.one("ConfigMapPatch", "orders-initial-data").inputs["data"]["initial.json"];
      assert.deepEqual(JSON.parse(data), SCHEMA);
      const template = (recording: Recording): any => recording.one("StatefulSet").inputs["spec"].template;
      assert.deepEqual(template(await recorded(Database)), template(one));
      const { projected } = template(one).spec.volumes.find(({ name }: any) => name === "credentials");
      assert.ok(projected.sources.some(({ configMap }: any) => configMap?.name === "orders-initial"));
    });
  }

  for (const [engine, Database] of Object.entries({ Redis, MongoDb, Cassandra }) as [
    string,
    typeof MySql,
  ][]) {
    it(`is refused for ${engine}, which says what to do instead`, async () => {
      await assert.rejects(
        recorded(Database, SCHEMA),
        /initSql\s+allowed: nothing, for \w+\s+to do:\s+remove it: \w/,
      );
    });
  }

  it("is no command of a client", () => {
    const bodies = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n RETURN 1;\nEND $$";
    assert.deepEqual(foundBy([bodies, "SELECT '\\x00'"], POSTGRESQL_LIMITS), []);
    assert.match(
      foundBy(["\\i schema.sql"], POSTGRESQL_LIMITS)[0]!,
      /^orders\.initSql\[0\]: \\i: SQL, .*psql/,
    );
    assert.match(foundBy(["SELECT 1;\n  \\connect other"], POSTGRESQL_LIMITS)[0]!, /psql/);
    assert.match(foundBy(["SELECT 1", "delimiter //\n"], MYSQL_LIMITS)[0]!, /initSql\[1\].*delimiter/);
    assert.match(foundBy(["source schema.sql"], MYSQL_LIMITS)[0]!, /what a file holds is to stand here/);
    assert.deepEqual(foundBy(["CREATE TABLE source (id INT PRIMARY KEY)"], MYSQL_LIMITS), []);
  });

  it("has no passwords, which everybody could read who may read ConfigMaps", () => {
    for (const [sql, limits] of [
      ["CREATE USER a IDENTIFIED BY 'one'", MYSQL_LIMITS],
      ["CREATE USER a IDENTIFIED WITH caching_sha2_password BY 'one'", MYSQL_LIMITS],
      ["ALTER ROLE a LOGIN PASSWORD 'one'", POSTGRESQL_LIMITS],
    ] as const) {
      const [found] = foundBy([sql], limits);
      assert.match(found!, /list the user under `users`/);
      assert.ok(!found!.includes("'one'"));
    }
    assert.deepEqual(foundBy(["CREATE TABLE a (password text, id int primary key)"], POSTGRESQL_LIMITS), []);
  });

  it("is not empty, and no load of data", () => {
    assert.match(foundBy([" \n"], MYSQL_LIMITS)[0]!, /one SQL statement or more/);
    assert.match(foundBy(["x".repeat(600_000)], MYSQL_LIMITS)[0]!, /load data by a Job/);
  });
});
