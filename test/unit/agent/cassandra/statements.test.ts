import assert from "node:assert/strict";
import { RunningStatements } from "../../../../agent/cassandra/statements";

describe("Cassandra's slow statements", () => {
  let rows: object[] = [];
  let statements: RunningStatements;

  beforeEach(() => {
    statements = new RunningStatements({
      run: async () => Promise.resolve(rows as Record<string, unknown>[]),
    });
  });

  const running = (micros: number, task = "SELECT * FROM t WHERE id = 'secret'"): object => ({
    thread_id: "Native-Transport-Requests-1",
    queued_micros: 1500,
    running_micros: micros,
    task,
  });

  it("are what runs for as long, without values", async () => {
    rows = [running(600_000), { ...running(400_000), thread_id: "Native-Transport-Requests-2" }];
    assert.deepEqual(await statements.look(500), [
      {
        key: "Native-Transport-Requests-1/1",
        seconds: 0.6,
        ended: false,
        fields: { statement: "SELECT * FROM t WHERE id = ?", queuedSeconds: 0.0015 },
      },
    ]);
  });

  it("leave out what asks for them", async () => {
    const own = "SELECT thread_id, queued_micros, running_micros, task FROM system_views.queries";
    rows = [running(900_000, `QUERY ${own} [pageSize = 5000] at consistency LOCAL_ONE`)];
    assert.deepEqual(await statements.look(500), []);
  });

  it("are the same as long as one runs, and others with each that a thread begins", async () => {
    const keys = async (...seen: object[]): Promise<string[]> => {
      rows = seen;
      return (await statements.look(0)).map(({ key }) => key.split("/")[1] ?? "");
    };
    assert.deepEqual(await keys(running(100_000)), ["1"]);
    assert.deepEqual(await keys(running(600_000)), ["1"]);
    // The same text again.
    assert.deepEqual(await keys(running(200_000)), ["2"]);
    assert.deepEqual(await keys(running(900_000, "SELECT 1")), ["3"]);
  });
});
