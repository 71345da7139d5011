import * as assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { HEADER, REPORT_PATH } from "../../../agent/core/ask";
import { Notices } from "../../../agent/core/notices";
import { routesFrom } from "../../../agent/core/routes";
import { serve } from "../../../agent/core/server";
import type { Report } from "../../../agent/core/types";
import { online, limits } from "./fixtures";
import { askerOf, at, EVIL, Neighbourhood, proofsOf, SEEN } from "./members";

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const other = { ordinal: 1, host: "db-1" };

describe("agent: whom it believes", () => {
  let place: Neighbourhood;
  beforeEach(() => {
    place = new Neighbourhood();
  });
  afterEach(() => {
    place.close();
  });

  /** Rounds of the primary while somebody without the secret copies, asks and answers as much as it likes. */
  async function besiege(forge: (seen: string) => string): Promise<Record<string, number>> {
    const primary = await place.member(
      0,
      proofsOf(() => "secret"),
    );
    await place.member(
      1,
      proofsOf(() => "secret"),
    );
    let body = JSON.stringify({ set: "ns/db", ordinal: 1, address: EVIL });
    let copied: IncomingHttpHeaders = {};
    const impostor = createServer((_, response) => {
      response.end(body);
    });
    await place.listen(impostor, EVIL);
    const ask = (host: string): void => {
      const headers = {
        [HEADER.caller]: "ns/db/1",
        [HEADER.from]: EVIL,
        [HEADER.nonce]: "0",
        [HEADER.proof]: "0",
      };
      void place.get(host, headers).then(
        (answer) => {
          body = forge(answer.text);
          copied = answer.headers;
        },
        () => undefined,
      );
    };
    const timers = [setInterval(ask, 50, at(1)), setInterval(ask, 20, at(0))];
    const rounds: Record<string, number> = {};
    try {
      for (let round = 0; round < 30; round++) {
        primary.refresh([other]);
        await pause(50);
        const { reads: replicas } = routesFrom(
          { ...online(0, SEEN), address: at(0) },
          SEEN,
          1,
          primary.current(),
          limits.volume,
        );
        const key = replicas.addresses.join();
        rounds[key] = (rounds[key] ?? 0) + 1;
      }
    } finally {
      timers.forEach(clearInterval);
    }
    assert.equal(copied[HEADER.proof], undefined, "a stranger gets no proof to do anything with");
    return rounds;
  }

  it("is no stranger who copies a member's report: readers are not led to it", async () => {
    const rounds = await besiege((text) =>
      JSON.stringify({ ...(JSON.parse(text) as object), address: EVIL }),
    );
    assert.deepEqual(
      Object.keys(rounds).filter((addresses) => addresses.includes(EVIL)),
      [],
    );
    assert.ok((rounds[at(1)] ?? 0) > 20, JSON.stringify(rounds));
  });

  it("is no stranger who talks nonsense: each round goes on", async () => {
    const rounds = await besiege(() => `{"set":"ns/db","ordinal":1,"address":"${EVIL}","status":null}`);
    assert.ok((rounds[at(1)] ?? 0) > 20, JSON.stringify(rounds));
  });

  it("is no member of another set, and none with another secret, in either direction", async () => {
    const mine = proofsOf(() => "secret");
    const peers = await place.member(0, mine);
    await place.member(
      1,
      proofsOf(() => "secret", undefined, "ns/other"),
    );
    await place.member(
      2,
      proofsOf(() => "guess"),
    );
    assert.deepEqual(await peers.askNow([other, { ordinal: 2, host: "db-2" }]), []);
    for (const proofs of [proofsOf(() => "secret", undefined, "ns/other"), proofsOf(() => "guess")]) {
      await assert.rejects(
        askerOf(1, place.port, { proofs, address: at(1) }).report(0, at(0)),
        ({ message }: Error) => message.includes(`${at(0)} does not prove to be member 0`),
      );
    }
  });

  it("is nobody who hands a question on to the member that was meant", async () => {
    const peers = await place.member(
      0,
      proofsOf(() => "secret"),
    );
    await place.member(
      1,
      proofsOf(() => "secret"),
    );
    const relay = createServer((incoming, response) => {
      const headers = Object.fromEntries(
        Object.values(HEADER).map((name) => [name, String(incoming.headers[name] ?? "")]),
      );
      void place.get(at(1), headers).then((answer) => {
        response.writeHead(200, { [HEADER.proof]: String(answer.headers[HEADER.proof] ?? "") });
        response.end(answer.text);
      });
    });
    await place.listen(relay, EVIL);
    peers.heardFrom("ns/db/1", EVIL);
    const asker = askerOf(0, place.port, { address: at(0) });
    assert.equal((await asker.report(1, at(1))).address, at(1));
    await assert.rejects(asker.report(1, EVIL), /does not prove/);
    const [report] = await peers.askNow([other]);
    assert.equal(report?.address, at(1));
  });

  it("is no answer that fitted an earlier question, and no question from elsewhere", async () => {
    const heard: string[][] = [];
    const proofs = proofsOf(() => "secret");
    const report = { ...online(1, SEEN), address: at(1) };
    const served = {
      report,
      summary: "",
      isAlive: () => true,
      isReady: () => true,
      prepareStop: async () => undefined,
    };
    const identity = { set: "ns/db", ordinal: 1, address: at(1), proofs };
    await place.listen(
      serve(served, (...from) => heard.push(from), identity),
      at(1),
    );
    const question = {
      method: "GET",
      path: REPORT_PATH,
      caller: "ns/db/0",
      from: at(0),
      asked: "ns/db/1",
      at: at(1),
      nonce: "aa",
    };
    const headers = {
      [HEADER.caller]: question.caller,
      [HEADER.from]: question.from,
      [HEADER.nonce]: question.nonce,
      [HEADER.proof]: await proofs.ofQuestion(question),
    };
    const first = await place.get(at(1), headers, at(0));
    assert.deepEqual(heard.splice(0), [["ns/db/0", at(0)]]);
    const proof = String(first.headers[HEADER.proof]);
    assert.equal(await proofs.checkAnswer(question, 200, first.text, proof), true);
    assert.equal(await proofs.checkAnswer({ ...question, nonce: "bb" }, 200, first.text, proof), false);
    assert.equal(await proofs.checkAnswer(question, 200, `${first.text} `, proof), false);
    assert.equal(await proofs.checkAnswer(question, 503, first.text, proof), false);
    await place.get(at(1), headers, EVIL);
    assert.deepEqual(heard, [], "heard from where it was not");
    for (const [name, value] of Object.entries({
      [HEADER.caller]: "ns/db/2",
      [HEADER.from]: EVIL,
      [HEADER.nonce]: "bb",
    })) {
      assert.equal(
        (await place.get(at(1), { ...headers, [name]: value })).headers[HEADER.proof],
        undefined,
        name,
      );
    }
  });

  it("stays the same while a changed secret has come to some members and not to others", async () => {
    let time = 0;
    const clock = (): number => time;
    const secrets = ["old", "old"];
    const peers = await place.member(
      0,
      proofsOf(() => secrets[0] ?? "", clock),
    );
    await place.member(
      1,
      proofsOf(() => secrets[1] ?? "", clock),
    );
    const known = async (): Promise<boolean> => (await peers.askNow([other])).length === 1;
    assert.equal(await known(), true);
    secrets[0] = "new";
    assert.equal(await known(), true);
    time = 299_000;
    assert.equal(await known(), true);
    secrets[1] = "new";
    assert.equal(await known(), true);
    time = 700_000;
    assert.equal(await known(), true);
    const late = proofsOf(() => "old", clock);
    await assert.rejects(
      askerOf(1, place.port, { proofs: late, address: at(1) }).report(0, at(0)),
      /does not prove/,
    );
  });

  it("is said when a member is not believed for long, and taken back when it is", async () => {
    let time = 0;
    let secret = "guess";
    const notices = new Notices();
    const peers = await place.member(
      0,
      proofsOf(() => "secret"),
      notices,
      () => time,
    );
    await place.member(
      1,
      proofsOf(
        () => secret,
        () => time * 10,
      ),
    );
    const round = async (): Promise<string> => {
      peers.refresh([other]);
      await pause(60);
      return notices
        .list()
        .map(({ severity, text }) => `${severity}: ${text}`)
        .join();
    };
    assert.equal(await round(), "");
    time = 100_000;
    assert.equal(await round(), "");
    time = 181_000;
    const said = await round();
    assert.ok(
      said.startsWith(`problem: Member 1 is not believed: what answers at ${at(1)} does not prove`),
      said,
    );
    secret = "secret";
    assert.equal(await round(), "");
  });

  it("is nobody while its own Secret is missing, and it answers strangers all the same", async () => {
    const missing = proofsOf(() => {
      throw new Error('the Secret lacks the key "replication-password"');
    });
    const peers = await place.member(1, missing);
    assert.deepEqual(await peers.askNow([{ ordinal: 0, host: "db-0" }]), []);
    const answer = await place.get(at(1), {
      [HEADER.caller]: "ns/db/0",
      [HEADER.from]: EVIL,
      [HEADER.nonce]: "1",
      [HEADER.proof]: "00",
    });
    assert.equal((JSON.parse(answer.text) as Report).ordinal, 1);
  });
});
