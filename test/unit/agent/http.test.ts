import * as assert from "node:assert/strict";
import { request } from "node:http";
import { isLoopback } from "../../../agent/core/connections";
import { Peers } from "../../../agent/core/peers";
import { serve, type Served } from "../../../agent/core/server";
import type { Report } from "../../../agent/core/types";
import { idle } from "./fixtures";
import { listen } from "./listen";
import { askerOf, proofsOf } from "./members";

async function call(port: number, method: string, path: string): Promise<[number, string]> {
  return await new Promise((done, fail) => {
    const outgoing = request({ host: "127.0.0.1", port, method, path }, (answer) => {
      let body = "";
      answer.on("data", (part: Buffer) => (body += part.toString()));
      answer.on("end", () => {
        done([answer.statusCode ?? 0, body]);
      });
    });
    outgoing.on("error", fail);
    outgoing.end();
  });
}

describe("agent: its own answers", () => {
  const served: { ready: boolean; stops: number } = { ready: false, stops: 0 };
  const agent: Served & { report: Report | undefined } = {
    report: idle(1),
    summary: "wait: for a reason",
    isAlive: () => true,
    isReady: () => served.ready,
    prepareStop: async () => {
      served.stops++;
    },
  };
  const heard: string[][] = [];
  const identity = { set: "ns/db", ordinal: 1, address: "127.0.0.1", proofs: proofsOf(() => "secret") };
  const server = serve(agent, (...caller) => heard.push(caller), identity);
  let port = 0;
  before(async () => {
    port = await listen(server);
  });
  after(() => {
    server.close();
  });

  it("tell whether it lives and whether clients may come, and why not", async () => {
    assert.equal((await call(port, "GET", "/livez"))[0], 200);
    assert.deepEqual(await call(port, "GET", "/readyz"), [503, "wait: for a reason\n"]);
    served.ready = true;
    assert.equal((await call(port, "GET", "/readyz"))[0], 200);
    assert.equal((await call(port, "GET", "/other"))[0], 404);
  });

  it("prepare a stop when asked from within the pod, and only then", async () => {
    assert.equal((await call(port, "POST", "/v1/stop"))[0], 200);
    assert.equal(served.stops, 1);
    assert.equal((await call(port, "GET", "/v1/stop"))[0], 404);
    assert.deepEqual(
      ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "::ffff:10.0.0.1", undefined].map(isLoopback),
      [true, true, true, false, false, false],
    );
  });

  it("are read by other agents, at the address last answered from; a stranger's are not taken", async () => {
    let time = 0;
    const asked: string[] = [];
    /** Questions that are under way. */
    let under = 0;
    const peers = new Peers(
      "ns/db",
      async (address) => {
        asked.push(address);
        under++;
        try {
          return { ...(await askerOf(0, port).report(1, "127.0.0.1")), address: `at-${address}` };
        } finally {
          under--;
        }
      },
      async ({ host }) => `found-by-${host}`,
      () => time,
    );
    const round = async (): Promise<void> => {
      const expected = asked.length + 2;
      peers.refresh([
        { ordinal: 1, host: "db-1" },
        { ordinal: 2, host: "db-2" },
      ]);
      do await new Promise((done) => setTimeout(done, 50));
      while (asked.length < expected || under > 0);
    };
    await round();
    assert.deepEqual(
      peers.current().map((report) => report.ordinal),
      [1],
    );
    await round();
    assert.deepEqual(asked, ["found-by-db-1", "found-by-db-2", "at-found-by-db-1", "found-by-db-2"]);
    time = 3_001;
    assert.deepEqual(peers.current(), []);
  });

  it("are no report when they would be of a moment that has passed", async () => {
    const { report } = agent;
    agent.report = undefined;
    const [code, text] = await call(port, "GET", "/v1/report");
    agent.report = report;
    assert.equal(code, 503);
    assert.match(text, /nothing is known of this moment/);
  });

  it("say who asks, and where from", async () => {
    await askerOf(2, port).report(1, "127.0.0.1");
    assert.deepEqual(heard.at(-1), ["ns/db/2", "127.0.0.1"]);
  });

  it("are read where a member asked from, while it is not found; and a liar's are not", async () => {
    const here: Record<string, number> = { "10.0.0.9": 1, "10.0.0.8": 3 };
    const peers = new Peers(
      "ns/db",
      async (address) => {
        const ordinal = here[address];
        if (ordinal === undefined) throw new Error("unreachable");
        return { ...idle(ordinal), address };
      },
      async () => {
        throw new Error("nowhere");
      },
      () => 0,
    );
    const ask = async (): Promise<number[]> =>
      (await peers.askNow([{ ordinal: 1, host: "db-1" }])).map(({ ordinal }) => ordinal);
    assert.deepEqual(await ask(), []);
    for (const caller of ["ns/db/1", "other/db/1", "ns/db/x", ""]) {
      peers.heardFrom(caller, caller === "ns/db/1" ? "10.0.0.9" : "10.0.0.8");
    }
    assert.deepEqual(await ask(), [1]);
    peers.heardFrom("ns/db/1", "10.0.0.8");
    assert.deepEqual(await ask(), []);
  });
});
