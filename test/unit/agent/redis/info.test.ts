import assert from "node:assert/strict";
import { factsFrom } from "../../../../agent/redis/info";
import { logNotices } from "../../../../agent/redis/log-notices";
import { markFrom, writeMark } from "../../../../agent/redis/mark";
import { formatPosition, isPosition, parsePosition } from "../../../../agent/redis/position";
import { lagOf } from "../../../../agent/redis/lag";
import { stateFrom } from "../../../../agent/redis/replication";
import { statusFrom } from "../../../../agent/redis/status";

const HISTORY = "75985359fd4ae0168ff2105b648ab273d9977ce3";

/** As a server writes it. */
function info(lines: Record<string, string | number>): string {
  const rest = Object.entries(lines).map(([key, value]) => `${key}:${value}`);
  return ["# Server", "valkey_version:8.1.1", "run_id:r1", "", "# Replication", ...rest, ""].join("\r\n");
}

const replica = {
  role: "slave",
  master_host: "198.18.1.5",
  master_port: 6380,
  master_link_status: "up",
  slave_repl_offset: 50,
  master_replid: HISTORY,
  aof_enabled: 1,
  aof_last_write_status: "ok",
};

describe("what a server says of itself", () => {
  it("tells a primary with those that follow it, and leaves out those that are being copied to", () => {
    const facts = factsFrom(
      info({
        role: "master",
        master_replid: HISTORY,
        master_repl_offset: 77,
        slave0: "ip=198.18.1.6,port=6380,state=online,offset=70,lag=1,type=replica",
        slave1: "ip=fd00::7,port=6380,state=wait_bgsave,offset=0,lag=0",
      }),
    );
    assert.equal(facts.primary, true);
    assert.deepEqual(facts.followers, [{ address: "198.18.1.6", offset: 70, silent: 1 }]);
    const state = stateFrom({ facts, mark: { term: 3, offset: 60 } });
    assert.deepEqual(state, {
      as: "primary",
      position: { term: 3, mark: 60, offset: 77 },
      run: "r1",
      followers: [{ address: "198.18.1.6", offset: 70 }],
    });
  });

  it("is detached where it follows what nobody answers on, whatever it was before", () => {
    const facts = factsFrom(
      info({ ...replica, master_host: "127.0.0.1", master_port: 1, master_link_status: "down" }),
    );
    const state = stateFrom({ facts, mark: { term: 3, offset: 40 } });
    assert.equal(state.as, "detached");
    assert.equal(state.follows, undefined);
    assert.deepEqual(state.position, { term: 3, mark: 40, offset: 50 });
  });

  it("is a problem where it cannot write its log, or could not do all that is in it", () => {
    const titles = (more: object): string[] =>
      Object.values(logNotices(factsFrom(info({ ...replica, ...more })))).flatMap((one) => one?.text ?? []);
    assert.deepEqual(titles({ unexpected_error_replies: 0 }), []);
    assert.match(
      titles({ aof_last_write_status: "err" }).join("|"),
      /^the server cannot write its log[^|]*$/,
    );
    assert.match(
      titles({ unexpected_error_replies: 3 }).join("|"),
      /^the server could not do 3 commands[^|]*$/,
    );
  });

  it("has no exact place after a start from its log of commands", () => {
    const facts = factsFrom(info({ ...replica, master_link_status: "down", slave_repl_offset: 1 }));
    assert.equal(facts.place, undefined);
    assert.deepEqual(stateFrom({ facts, mark: { term: 3, offset: 40 } }).position, { term: 3, mark: 40 });
  });

  it("has no data of use without a mark, and while a copy comes in", () => {
    const copying = factsFrom(
      info({
        ...replica,
        master_link_status: "down",
        master_sync_in_progress: 1,
        master_sync_left_bytes: 3e6,
      }),
    );
    assert.equal(stateFrom({ facts: copying, mark: { term: 3, offset: 40 } }).position, undefined);
    assert.equal(stateFrom({ facts: copying }).link, "copying");
    assert.match(
      statusFrom({ facts: copying }, false).detail ?? "",
      /copying, 3 MiB left, from 198\.18\.1\.5/,
    );
    assert.equal(stateFrom({ facts: factsFrom(info(replica)) }).position, undefined);
  });

  it("says for how long a link has been down, where there ever was one", () => {
    const down = { ...replica, master_link_status: "down" };
    const since = stateFrom({ facts: factsFrom(info({ ...down, master_link_down_since_seconds: 7 })) });
    assert.equal(since.linkDownFor, 7_000);
    const never = stateFrom({ facts: factsFrom(info({ ...down, master_link_down_since_seconds: -1 })) });
    assert.equal(never.linkDownFor, undefined);
  });

  it("counts as starting while it reads its data, with how much of it", () => {
    const facts = factsFrom(info({ ...replica, loading: 1, loading_loaded_perc: "41.87" }));
    const status = statusFrom({ facts }, false);
    assert.equal(status.process, "starting");
    assert.equal(status.detail, "reading its data: 41 %");
  });
});

describe("a mark", () => {
  it("is read back from what the server lists, and from nothing else", () => {
    const code = writeMark({ term: 12, offset: 3456 }).at(-1);
    const answer = [
      ["library_name", "stateful", "functions", [["name", "stateful_mark"]], "library_code", code],
    ];
    assert.deepEqual(markFrom(answer), { term: 12, offset: 3456 });
    assert.equal(markFrom([]), undefined);
    assert.equal(markFrom(["-- mark twelve 1"]), undefined);
  });
});

describe("a position", () => {
  it("is a text that is read back, with a place or without", () => {
    for (const position of [
      { term: 3, offset: 40 },
      { term: 3, offset: 40, place: { history: HISTORY, offset: 50 } },
    ]) {
      assert.deepEqual(parsePosition(formatPosition(position)), position);
    }
    for (const text of ["", "3", "3.40@short:1", "3.40@", "-1.2"])
      assert.equal(isPosition(text), false, text);
  });

  it("is behind another by bytes, of one term alone", () => {
    const at = (offset: number, history = HISTORY): string =>
      formatPosition({ term: 3, offset: 40, place: { history, offset } });
    assert.deepEqual(lagOf(at(50), at(80)), { amount: 30, unit: "bytes" });
    assert.deepEqual(lagOf(at(80), at(50)), { amount: 0, unit: "bytes" });
    assert.deepEqual(lagOf("3.10", at(50)), { amount: 30, unit: "bytes" });
    assert.equal(lagOf("2.10", at(50)), undefined);
  });
});
