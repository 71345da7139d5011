import assert from "node:assert/strict";
import { SessionStatements } from "../../../../agent/mysql/statements";

const ROW = {
  thread: 39,
  event: 6,
  ended: 1,
  took: 1_500_424_245_000,
  kind: "statement/sql/select",
  digest: "SELECT `SLEEP` (?)",
  db: "shop",
  examined: 12,
  sent: 1,
  affected: 0,
  locked: 2_000_000_000,
  errors: 0,
  noindex: 0,
  user: "app",
  host: "10.0.0.7",
};

/** What comes of rows that the server answers with. */
async function look(rows: object[], asked: unknown[] = []): ReturnType<SessionStatements["look"]> {
  const statements = new SessionStatements({
    run: async (_sql, values) => {
      asked.push(...(values ?? []));
      return Promise.resolve(rows as Record<string, unknown>[]);
    },
  });
  return statements.look(500);
}

describe("MySQL's slow statements", () => {
  it("are what the server has of each session, without values", async () => {
    const asked: unknown[] = [];
    assert.deepEqual(await look([ROW], asked), [
      {
        key: "39/6",
        seconds: 1.500424245,
        ended: true,
        fields: {
          statement: "SELECT `SLEEP` (?)",
          database: "shop",
          user: "app",
          client: "10.0.0.7",
          rowsExamined: 12,
          rowsSent: 1,
          rowsAffected: 0,
          lockSeconds: 0.002,
        },
      },
    ]);
    // Picoseconds, in both tables.
    assert.deepEqual(asked, [5e11, 5e11]);
  });

  it("are not what members do among themselves, which lasts for as long as they are connected", async () => {
    const group = {
      ...ROW,
      ended: 0,
      kind: "statement/com/Group Replication Data Stream subscription",
      digest: null,
      user: "stateful_replication",
    };
    assert.deepEqual(await look([group]), []);
    assert.equal((await look([group, ROW])).length, 1);
  });

  it("that end between the two tables count as ended, in either order", async () => {
    const running = { ...ROW, ended: 0, took: 1_400_000_000_000 };
    for (const rows of [
      [running, ROW],
      [ROW, running],
    ]) {
      assert.deepEqual(
        (await look(rows)).map(({ ended, seconds }) => [ended, seconds]),
        [[true, 1.500424245]],
      );
    }
  });

  it("that were not understood, or used no index, or failed, are told so", async () => {
    const [statement] = await look([
      { ...ROW, digest: null, kind: "statement/sql/error", noindex: 1, errors: 2 },
    ]);
    assert.equal(statement?.fields["statement"], "statement/sql/error");
    assert.equal(statement.fields["withoutIndex"], true);
    assert.equal(statement.fields["failed"], true);
  });
});
