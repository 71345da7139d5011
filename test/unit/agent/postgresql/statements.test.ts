import assert from "node:assert/strict";
import { SessionStatements } from "../../../../agent/postgresql/statements";

const ROW = {
  key: "25852/2026-11-28 11:58:50/2026-11-28 11:58:57",
  ended: true,
  seconds: 1.307,
  query: "ALTER ROLE app PASSWORD 'hush'",
  database: "shop",
  user: "app",
  client: null,
  application: "",
  waits: "Client: ClientRead",
};

async function look(row: object): Promise<Record<string, unknown> | undefined> {
  const statements = new SessionStatements(async (_sql, values) => {
    assert.deepEqual(values, [1000]);
    return Promise.resolve([row as Record<string, unknown>]);
  });
  const [statement] = await statements.look(1000);
  return { ...statement };
}

describe("PostgreSQL's slow statements", () => {
  it("are what the server shows of each session, without values", async () => {
    assert.deepEqual(await look(ROW), {
      key: ROW.key,
      seconds: 1.307,
      ended: true,
      fields: { statement: "ALTER ROLE app PASSWORD ?", database: "shop", user: "app" },
    });
  });

  it("that run are told with what they wait for, which of a session without one is its client", async () => {
    const running = {
      ...ROW,
      ended: false,
      waits: "Lock: transactionid",
      client: "10.0.0.7",
      application: "web",
    };
    assert.deepEqual((await look(running))?.["fields"], {
      statement: "ALTER ROLE app PASSWORD ?",
      database: "shop",
      user: "app",
      client: "10.0.0.7",
      application: "web",
      waits: "Lock: transactionid",
    });
  });
});
