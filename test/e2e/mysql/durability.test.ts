import { strict as assert } from "node:assert";
import { spread } from "../../../bench/spread";
import type { SqlClient } from "../support/traffic/client";
import { kubectl } from "../support/cluster/cluster";
import type { Deployment } from "../support/deploy/deployment";
import { mysql } from "../support/engines/mysql";
import { sceneOf } from "../support/faults/scene";
import { setOfThree } from "../support/deploy/set-of-three";
import { longSuite } from "../support/suites";
import { noteTiming } from "../support/report/summary";

const NAMESPACE = "e2e-durability";
/** By the receipt that acknowledges a commit. */
const DATABASES = ["majority", "all"];
const COMMITS = 300;
const ROUNDS = 5;
const READS = 50;

longSuite("mysql", "acknowledging a commit by all members", function () {
  this.timeout(600_000);
  let deployment: Deployment;
  let client: SqlClient;

  before(async function () {
    const set = await setOfThree(
      NAMESPACE,
      Object.fromEntries(DATABASES.map((durability) => [durability, { durability }])),
      mysql,
    );
    ({ deployment, client } = set);
    await set.start(this);
    for (const database of DATABASES) {
      await client.sql("CREATE TABLE commits (id INT AUTO_INCREMENT PRIMARY KEY, text CHAR(64))", {
        database,
      });
    }
  });

  after(async () => {
    await deployment.delete();
  });

  /** Commits one row after the other on one connection. @returns what one commit took, ms */
  async function commit(database: string): Promise<number> {
    const statements = "INSERT INTO commits (text) VALUES (REPEAT('x', 64));\n".repeat(COMMITS);
    const began = "SELECT UNIX_TIMESTAMP(SYSDATE(6));\n";
    const [from, to] = await client.sql(`${began}${statements}${began}`, { database });
    return ((Number(to) - Number(from)) / COMMITS) * 1000;
  }

  it("every member has a commit when it is acknowledged", async () => {
    const { pods, target: primary } = await sceneOf(kubectl, mysql, NAMESPACE, "all");
    const host = `${pods.find((pod) => pod !== primary.pod)!}.all-headless`;
    const read = `mysql --host=${host} --user=app --batch --skip-column-names app`;
    const write = "mysql --host=all --user=app app";
    const found = await client.sh(
      `export MYSQL_PWD="$(cat /secrets/all/password)"; for id in $(seq 100001 ${100_000 + READS}); do ` +
        `echo "INSERT INTO commits VALUES ($id, 'read')" | ${write}; ` +
        `echo "SELECT id FROM commits WHERE id = $id" | ${read}; done`,
    );
    assert.equal(found.split("\n").length, READS);
  });

  it("and what that costs", async () => {
    const milliseconds: Record<string, number[]> = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const database of DATABASES) (milliseconds[database] ??= []).push(await commit(database));
    }
    const [majority, all] = DATABASES.map((database) => spread(milliseconds[database]!));
    for (const [database, { min, median, max }] of [
      ["majority", majority!],
      ["all", all!],
    ] as const) {
      const figures = [min, median, max].map((one) => one.toFixed(1)).join(" / ");
      console.log(
        `    ${database}: ${figures} ms a commit (min / median / max of ${ROUNDS} times ${COMMITS})`,
      );
      noteTiming(
        `mysql, durability ${database}: ${COMMITS} commits, one after the other`,
        (median * COMMITS) / 1000,
      );
    }
  });
});
