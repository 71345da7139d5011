import { POOLER_USER, POOLER_USERS, type WantedSettings } from "../../../../components/postgresql/protocol";
import * as assert from "node:assert/strict";
import { admitPooler, dismissPooler, poolersToKeep } from "../../../../agent/postgresql/pooler";
import { sharedSettings } from "../../../../agent/postgresql/settings";
import type { Row } from "../../../../agent/postgresql/sql";
import { pgbouncerIni } from "../../../../components/postgresql/pooler-config";
import { resolvePooler } from "../../../../components/postgresql/pooler-checks";

/** A server that notes what it is told, and knows a role or does not. */
function server(rows: Row[] = []) {
  const told: string[] = [];
  const run = async (sql: string, values: unknown[] = []) => {
    told.push([sql, ...values].join(" -- "));
    return sql.startsWith("SELECT") ? rows : [];
  };
  return { told, run };
}

const wanted: WantedSettings = {
  durability: "majority",
  requireTls: true,
  verifyMembers: true,
  binaries: "",
  extensions: [],
  clientHba: ["host all all all scram-sha-256"],
  parameters: {},
};

const rules = (of?: { database: string }): string[] => {
  const pooler = of && { ...of, before: ["pooler" as const] };
  const settings = sharedSettings({ ...wanted, ...(pooler ? { pooler } : {}) }, 3);
  return (settings as { postgresql: { pg_hba: string[] } }).postgresql.pg_hba;
};

describe("PgBouncer's account", () => {
  it("may use one function, which nobody else may, and which reads no account of the cluster's own", async () => {
    const { told, run } = server();
    await admitPooler(run, [`${POOLER_USER}_a`, `${POOLER_USER}_b`]);
    assert.equal(told.length, 1, "one message is one transaction");
    const sql = told[0]!;
    assert.match(sql, /SECURITY DEFINER SET search_path = pg_catalog/);
    assert.match(sql, /rolcanlogin AND NOT rolsuper AND NOT rolreplication/);
    assert.match(sql, /NOT LIKE .*stateful/);
    assert.match(sql, /rolvaliduntil IS NULL OR rolvaliduntil > now\(\)/);
    const order = [
      "ALTER SCHEMA",
      "DROP FUNCTION IF EXISTS",
      "CREATE FUNCTION",
      "REVOKE ALL ON FUNCTION",
      "GRANT EXECUTE",
    ].map((words) => sql.indexOf(words));
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
    assert.ok(order.every((at) => at >= 0));
    for (const [grant] of sql.matchAll(/GRANT .*/g))
      assert.match(grant, /TO "?stateful_pooler_a"?, "?stateful_pooler_b"?/);
  });

  it("is kept out when there is no pooler, where it could log in", async () => {
    const known = server([{ rolname: "stateful_pooler" }, { rolname: "stateful_pooler_b" }]);
    await dismissPooler(known.run);
    assert.match(known.told.at(-2)!, /ALTER ROLE "?stateful_pooler"? NOLOGIN/);
    assert.match(known.told.at(-1)!, /ALTER ROLE "?stateful_pooler_b"? NOLOGIN/);
    const unknown = server();
    await dismissPooler(unknown.run);
    assert.equal(unknown.told.length, 1);
  });

  it("comes over TLS to one database alone, before any line of the clients", () => {
    const lines = rules({ database: "shop" });
    const own = lines.filter((line) => line.includes(POOLER_USER));
    assert.deepEqual(own, [
      "hostssl shop stateful_pooler,stateful_pooler_a,stateful_pooler_b all scram-sha-256",
      "host all stateful_pooler,stateful_pooler_a,stateful_pooler_b all reject",
    ]);
    assert.ok(lines.indexOf(own[1]!) < lines.indexOf(wanted.clientHba[0]!));
    assert.deepEqual(
      rules(),
      lines.filter((line) => !own.includes(line)),
    );
  });

  it("of the rotation before stays until the next one; the plain name goes when both others have been in use", () => {
    const [plain, first, second] = POOLER_USERS as [string, string, string];
    assert.deepEqual(poolersToKeep(undefined, true), POOLER_USERS, "some pods may log in by another one");
    assert.deepEqual(poolersToKeep(first, true), [first]);
    assert.deepEqual(poolersToKeep(first, false), [plain, first, second]);
    assert.deepEqual(poolersToKeep(second, false), [first, second]);
  });

  it("goes by one name and function in component and script", () => {
    const ini = pgbouncerIni("pooler", "orders", { database: "app" }, resolvePooler({}));
    assert.match(ini, /auth_query = SELECT name, hash FROM stateful_pooler\.lookup\(\$1\)/);
    assert.match(ini, /auth_user = stateful_pooler/);
  });
});
