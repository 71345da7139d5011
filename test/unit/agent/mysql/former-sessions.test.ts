import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Credentials } from "../../../../agent/core/credentials";
import { FormerSessions } from "../../../../agent/mysql/former-sessions";
import type { RootConnection, Row } from "../../../../agent/mysql/sql";

describe("agent: connections of a password that was revoked, in MySQL", () => {
  let folder: string;
  let former: string | null;
  let killed: unknown[];
  let sessions: FormerSessions;

  const secret = (values: Record<string, string>): void => {
    for (const [key, value] of Object.entries(values)) writeFileSync(join(folder, key), value);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "former-"));
    former = null;
    killed = [];
    const run = async (sql: string, values: unknown[] = []): Promise<Row[]> => {
      if (sql.startsWith("KILL")) killed.push(...values);
      if (sql.startsWith("SHOW"))
        return [
          { Id: 7, User: "app" },
          { Id: 8, User: "root" },
          { Id: 9, User: "app" },
        ];
      return sql.includes("mysql.user") ? [{ former }] : [];
    };
    const root = { run } as unknown as RootConnection;
    sessions = new FormerSessions(root, new Credentials(folder), async () => true);
    secret({ username: "app", password: "one" });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("end once, when the group has brought the revocation to the member", async () => {
    await sessions.reconcile();
    former = "hash";
    secret({ "revoke-previous": "true", password: "two" });
    await sessions.reconcile();
    assert.deepEqual(killed, [], "the password before is still valid here");
    former = null;
    await sessions.reconcile();
    await sessions.reconcile();
    assert.deepEqual(killed, [7, 9]);
    secret({ password: "three" });
    await sessions.reconcile();
    assert.equal(killed.length, 4, "each rotation revokes as long as the Secret says so");
  });

  it("go on through a rotation that keeps the password before, and when only the agent was restarted", async () => {
    await sessions.reconcile();
    secret({ password: "two" });
    await sessions.reconcile();
    assert.deepEqual(killed, []);
    secret({ "revoke-previous": "true" });
    const restarted = new FormerSessions(
      { run: async () => assert.fail("nothing is asked") } as unknown as RootConnection,
      new Credentials(folder),
      async () => true,
    );
    await restarted.reconcile();
  });
});
