import * as assert from "node:assert/strict";
import { get, type IncomingMessage, request, type Server } from "node:http";
import { Notices } from "../../../../agent/core/notices";
import { Tally } from "../../../../agent/core/tally";
import type { Report } from "../../../../agent/core/types";
import { Metrics, type MetricsParts } from "../../../../agent/metrics/metrics";
import { Sampled } from "../../../../agent/metrics/sampled";
import { serveMetrics } from "../../../../agent/metrics/server";
import { type Family, formatFor, textOf } from "../../../../agent/metrics/text";
import { online, view } from "../fixtures";
import { listen } from "../listen";

const NOW = Date.parse("2026-01-31T10:15:00Z");

describe("agent: figures, written down", () => {
  const family = (change: Partial<Family>): Family => ({
    name: "stateful_a",
    kind: "gauge",
    help: "What it is",
    samples: [{ value: 1.5 }],
    ...change,
  });

  it("carry the labels of all, and their own", () => {
    const samples = [{ labels: { role: "primary" }, value: 1 }];
    assert.equal(
      textOf([family({ samples })], { pod: "orders-0" }, "openmetrics"),
      '# TYPE stateful_a gauge\n# HELP stateful_a What it is.\nstateful_a{pod="orders-0",role="primary"} 1\n# EOF\n',
    );
  });

  it("are named by their format: a counter's kind has its ending in the older one alone", () => {
    const counter = [family({ kind: "counter" })];
    assert.match(
      textOf(counter, {}, "openmetrics"),
      /^# TYPE stateful_a counter\n.*\nstateful_a_total 1\.5\n# EOF\n$/,
    );
    assert.match(
      textOf(counter, {}, "prometheus"),
      /^# TYPE stateful_a_total counter\n.*\nstateful_a_total 1\.5\n$/,
    );
  });

  it("cannot be broken by what a label says", () => {
    const samples = [{ labels: { about: 'a"b\\c\nstateful_a 7' }, value: 1 }];
    const text = textOf([family({ samples })], {}, "openmetrics");
    assert.equal(text.split("\n").length, 5);
    assert.match(text, /\{about="a\\"b\\\\c\\nstateful_a 7"\} 1\n/);
  });

  it("are left out where they are no numbers, and with them a kind that has none left", () => {
    assert.equal(
      textOf([family({ samples: [{ value: NaN }] }), family({ samples: [] })], {}, "prometheus"),
      "",
    );
  });

  it("come in the newer format where that is accepted", () => {
    const prometheus =
      "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    assert.equal(formatFor(prometheus), "openmetrics");
    assert.equal(formatFor("*/*"), "prometheus");
    assert.equal(formatFor(undefined), "prometheus");
  });
});

describe("agent: a value that is read in the background", () => {
  it("is waited for by nobody, and read once at a time, however long that takes", async () => {
    let [now, reads] = [0, 0];
    const sampled = new Sampled(
      async () => {
        reads++;
        return await new Promise<number>(() => undefined);
      },
      1_000,
      () => now,
    );
    for (; now < 60_000; now += 500) sampled.refresh();
    assert.equal(reads, 1);
    assert.equal(sampled.value, undefined);
  });

  it("is forgotten when it fails, or was not read for long", async () => {
    let now = 0;
    let fails = false;
    const read = async (): Promise<number> => {
      if (fails) throw new Error("gone");
      return 7;
    };
    const sampled = new Sampled(read, 1_000, () => now);
    const refreshed = async () => {
      sampled.refresh();
      await new Promise((resolve) => setImmediate(resolve));
      return sampled.value;
    };
    assert.equal(await refreshed(), 7);
    now = 5_000;
    assert.equal(sampled.value, undefined);
    assert.equal(await refreshed(), 7);
    [now, fails] = [6_000, true];
    assert.equal(await refreshed(), undefined);
  });
});

describe("agent: the figures of a member", () => {
  let report: Report | undefined;
  const parts = (change: Partial<MetricsParts> = {}): MetricsParts => ({
    engine: "ring",
    namespace: "shop",
    database: "orders",
    pod: "orders-0",
    agent: {
      get report() {
        return report;
      },
      reason: "Serving",
      size: 3,
      isReady: () => true,
    },
    notices: new Notices(),
    tally: new Tally(),
    room: () => ({ free: 40, size: 100 }),
    countAsides: async () => 1,
    certificateEnd: async () => NOW + 1_000,
    clock: () => 0,
    timeOfDay: () => NOW,
    ...change,
  });
  /** Every figure by its name and labels, without those that all have. */
  const figures = (metrics: Metrics): Map<string, number> =>
    new Map(
      metrics
        .render("openmetrics")
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => {
          const [, name = "", value] = /^(.*) (\S+)$/.exec(line) ?? [];
          const own = name.replace('namespace="shop",database="orders",pod="orders-0"', "");
          return [own.replace("{,", "{").replace("{}", ""), Number(value)];
        }),
    );
  const settle = async () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    report = online(0, view(4, [0, 1, 2], 0));
  });

  it("say what it is, how it stands, and how its cluster does", async () => {
    const metrics = new Metrics(parts());
    metrics.look();
    await settle();
    const all = figures(metrics);
    const expected = {
      'stateful_role{role="primary"}': 1,
      'stateful_role{role="replica"}': 0,
      stateful_ready: 1,
      'stateful_state{state="online"}': 1,
      'stateful_reason{reason="Serving"}': 1,
      stateful_replicas: 3,
      stateful_view_members: 3,
      stateful_view_online_members: 3,
      stateful_view: 4,
      stateful_server_up: 1,
      stateful_server_failures: 0,
      stateful_volume_size_bytes: 100,
      stateful_volume_available_bytes: 40,
      stateful_volume_stalled_seconds: 0,
      stateful_set_aside: 1,
      stateful_certificate_end_timestamp_seconds: NOW / 1000 + 1,
      stateful_clock_timestamp_seconds: NOW / 1000,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(all.get(name), value, name);
  });

  it("say a lag in the engine's own measure and in seconds", () => {
    report = { ...online(1, view(4, [0, 1], 0)), behind: { amount: 7, unit: "bytes", seconds: 1.5 } };
    const all = figures(new Metrics(parts()));
    assert.equal(all.get("stateful_lag_bytes"), 7);
    assert.equal(all.get("stateful_lag_seconds"), 1.5);
  });

  it("say nothing of a server that was not seen just now, and still that the agent is there", () => {
    report = undefined;
    const all = figures(new Metrics(parts()));
    assert.equal(all.has("stateful_server_up"), false);
    assert.equal(all.has('stateful_state{state="online"}'), false);
    assert.equal(all.get('stateful_role{role="primary"}'), 0);
    assert.equal(all.get("stateful_clock_timestamp_seconds"), NOW / 1000);
  });

  it("count what has happened since the agent began, and nothing of before", () => {
    const tally = new Tally();
    const metrics = new Metrics(parts({ tally }));
    const see = (next: Report, process: Report["status"]["process"]): void => {
      report = { ...next, status: { ...next.status, process } };
      metrics.look();
    };
    const [primary, replica] = [online(0, view(4, [0, 1], 0)), online(0, view(4, [0, 1], 1))];
    see(primary, "running");
    assert.equal(figures(metrics).get("stateful_promotions_total"), 0);
    see(replica, "stopped");
    see(replica, "starting");
    see(primary, "running");
    tally.add("action join");
    tally.add("switchover failed");
    const all = figures(metrics);
    assert.equal(all.get("stateful_promotions_total"), 1);
    assert.equal(all.get("stateful_server_starts_total"), 1);
    assert.equal(all.get('stateful_actions_total{action="join"}'), 1);
    assert.equal(all.get('stateful_switchovers_total{result="failed"}'), 1);
  });

  it("name what a notice is about, and repeat nothing that a server, a store or a peer has said", () => {
    const notices = new Notices();
    notices.set("backup", { severity: "problem", text: "the store said hunter2", advice: "hunter2" });
    const { status } = online(0, view(4, [0, 1], 0));
    const secrets = { detail: "hunter2", position: "hunter2", refusal: { words: "hunter2" } };
    report = { ...online(0, view(4, [0, 1], 0)), address: "hunter2", status: { ...status, ...secrets } };
    const metrics = new Metrics(parts({ notices }));
    assert.equal(figures(metrics).get('stateful_notice{about="backup",severity="problem"}'), 1);
    assert.doesNotMatch(metrics.render("openmetrics"), /hunter2/);
  });

  it("hold of a backup what the primary knows", () => {
    const archiving = { restorable: NOW - 4_000, behind: 2_000 };
    const all = figures(new Metrics(parts({ archiving })));
    assert.equal(all.get("stateful_backup_restorable_timestamp_seconds"), NOW / 1000 - 4);
    assert.equal(all.get("stateful_backup_behind_seconds"), 2);
    const replica = figures(new Metrics(parts({ archiving: { restorable: undefined, behind: undefined } })));
    assert.equal(replica.has("stateful_backup_behind_seconds"), false);
  });

  it("are there whatever a hung volume or an unreadable file keeps", () => {
    const never = async (): Promise<number> => await new Promise(() => undefined);
    const metrics = new Metrics(parts({ countAsides: never, certificateEnd: never, room: () => undefined }));
    metrics.look();
    const all = figures(metrics);
    assert.equal(all.get("stateful_ready"), 1);
    assert.equal(all.has("stateful_set_aside"), false);
  });
});

describe("agent: who asks for figures", () => {
  let server: Server;
  let [port, rendered, now] = [0, 0, 0];
  beforeEach(async () => {
    [rendered, now] = [0, 0];
    server = serveMetrics(
      (format) => {
        rendered++;
        return `figures in ${format}\n`;
      },
      () => now,
    );
    port = await listen(server);
  });
  afterEach(() => {
    server.close();
  });

  const answer = async (
    path: string,
    options: { method?: string; headers?: Record<string, string> } = {},
  ) => {
    const response = await new Promise<IncomingMessage>((done, fail) => {
      request({ port, host: "127.0.0.1", path, ...options }, done)
        .on("error", fail)
        .end();
    });
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    return {
      code: response.statusCode,
      type: response.headers["content-type"],
      body: Buffer.concat(parts).toString(),
    };
  };

  it("gets them in the format that is accepted", async () => {
    assert.deepEqual(await answer("/metrics"), {
      code: 200,
      type: "text/plain; version=0.0.4; charset=utf-8",
      body: "figures in prometheus\n",
    });
    const { type, body } = await answer("/metrics?x=1", {
      headers: { accept: "application/openmetrics-text" },
    });
    assert.equal(type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert.equal(body, "figures in openmetrics\n");
  });

  it("gets nothing else here: no report, no stop, no other way of asking", async () => {
    for (const path of ["/", "/v1/report", "/livez", "/metrics/", "//metrics"]) {
      assert.equal((await answer(path)).code, 404, path);
    }
    for (const method of ["POST", "PUT", "DELETE"]) {
      assert.equal((await answer("/metrics", { method })).code, 404, method);
    }
    assert.equal((await answer("/v1/stop", { method: "POST" })).code, 404);
    assert.equal(rendered, 0);
  });

  it("makes no more work by asking more often", async () => {
    await Promise.all(Array.from({ length: 100 }, async () => answer("/metrics")));
    assert.equal(rendered, 1);
    now = 1_000;
    await answer("/metrics");
    assert.equal(rendered, 2);
  });

  it("that sends more than a few headers is refused", async () => {
    const headers = { "x-long": "x".repeat(10_000) };
    const code = await new Promise<number | undefined>((done, fail) => {
      get({ port, host: "127.0.0.1", path: "/metrics", headers }, (response) => {
        response.resume();
        done(response.statusCode);
      }).on("error", fail);
    });
    assert.equal(code, 431);
  });
});
