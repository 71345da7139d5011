import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Notices } from "../../../agent/core/notices";
import { Tally } from "../../../agent/core/tally";
import type { Report } from "../../../agent/core/types";
import { Metrics } from "../../../agent/metrics/metrics";
import { serveMetrics } from "../../../agent/metrics/server";
import { dashboards } from "../../../bench/dashboards/dashboards";
import { debianProgram } from "../../../cluster/debian-programs";
import { until } from "../../../cluster/wait";
import { rulesFor } from "../../../components/monitoring/rules";
import { online, view } from "../agent/fixtures";
import { listen } from "../agent/listen";
import { judged, needsPromtool } from "./promtool";

const FOLDER = join(__dirname, "..", "..", "..", "components", "monitoring", "dashboards");

interface Panel {
  title: string;
  description: string;
  targets: { expr: string }[];
}

const panels = Object.entries(dashboards()).flatMap(([file, { panels: all = [] }]) =>
  (all as unknown as Panel[]).map((panel) => ({ file, ...panel })),
);

/** What Grafana makes of a viewer's choices. */
const chosen = (expression: string): string =>
  expression.replaceAll("$namespace", "shop").replaceAll("$database", "orders");

describe("dashboards", () => {
  it("are what their sources make", () => {
    const made = dashboards();
    for (const [file, content] of Object.entries(made)) {
      const wanted = `${JSON.stringify(content, undefined, 2)}\n`;
      if (process.env["UPDATE_GOLDEN"] === "1") {
        mkdirSync(FOLDER, { recursive: true });
        writeFileSync(join(FOLDER, file), wanted);
      }
      assert.equal(readFileSync(join(FOLDER, file), "utf8"), wanted, file);
    }
    assert.deepEqual(readdirSync(FOLDER).sort(), Object.keys(made).sort());
  });

  it("say of each panel what it shows", () => {
    for (const { title, description, targets } of panels) {
      assert.ok(description.length > 10, title);
      assert.ok(targets.length > 0, title);
    }
  });

  describe("before a Prometheus that asks agents", () => {
    let port = "";
    let directory = "";
    let child: ChildProcess | undefined;
    const servers: Server[] = [];

    before(async function () {
      this.timeout(120_000);
      needsPromtool(this);
      directory = mkdtempSync(join(tmpdir(), "stateful-dashboards-"));
      const targets: string[] = [];
      for (const ordinal of [0, 1]) targets.push(`127.0.0.1:${await member(ordinal)}`);
      const config = {
        global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
        rule_files: [join(directory, "rules.json")],
        scrape_configs: [{ job_name: "agents", static_configs: [{ targets }] }],
      };
      writeFileSync(join(directory, "prometheus.json"), JSON.stringify(config));
      const groups = rulesFor("shop", [{ name: "orders", replicas: 2 }]);
      writeFileSync(join(directory, "rules.json"), JSON.stringify({ groups }));
      child = spawn(
        debianProgram("prometheus", "prometheus") ?? "",
        [
          `--config.file=${join(directory, "prometheus.json")}`,
          `--storage.tsdb.path=${join(directory, "data")}`,
          "--web.listen-address=127.0.0.1:0",
        ],
        { stdio: ["ignore", "ignore", "pipe"] },
      );
      port = await portOf(child);
      // A rate is made of two figures.
      await until(async () => (await asked("count_over_time(stateful_member[1m]) >= 3")) === 2, {
        what: "figures of both agents",
        timeoutSeconds: 90,
      });
    });

    after(async () => {
      if (child) {
        const gone = new Promise((resolve) => child?.once("exit", resolve));
        child.kill();
        await gone;
      }
      for (const server of servers) server.close();
      if (directory !== "") rmSync(directory, { recursive: true, force: true });
    });

    /** An agent's figures as they are written by the agent itself, of a member that was seen to do everything. @returns its port */
    async function member(ordinal: number): Promise<number> {
      const now = Date.now();
      const seen = view(4, [0, 1], 0);
      const record = { cluster: "c", stage: "member" as const, epoch: 1 };
      const report: Report = {
        ...online(ordinal, seen),
        record,
        ...(ordinal === 0 ? {} : { behind: { amount: 3, unit: "bytes" as const, seconds: 0.5 } }),
      };
      const tally = new Tally();
      tally.add("action join");
      const notices = new Notices();
      notices.set("certificate", { severity: "notice", text: "it ends" });
      const metrics = new Metrics({
        engine: "ring",
        namespace: "shop",
        database: "orders",
        pod: `orders-${ordinal}`,
        agent: { report, reason: "Serving", size: 2, isReady: () => true },
        notices,
        tally,
        room: () => ({ free: 40, size: 100 }),
        countAsides: async () => 0,
        certificateEnd: async () => now + 1e9,
        ...(ordinal === 0 ? { archiving: { restorable: now, behind: 0 } } : {}),
        clock: () => performance.now(),
        timeOfDay: () => Date.now(),
      });
      metrics.look();
      const server = serveMetrics(
        (format) => metrics.render(format),
        () => performance.now(),
      );
      servers.push(server);
      assert.equal(judged({}, ["check", "metrics"], metrics.render("prometheus")), "");
      return await listen(server);
    }

    /** The port of its own that Prometheus was given, as it says itself; what else it says is read and left. */
    async function portOf({ stderr }: ChildProcess): Promise<string> {
      return await new Promise((resolve, reject) => {
        let said = "";
        stderr?.on("data", (chunk: Buffer) => {
          said += String(chunk);
          const found = /msg="Listening on" address=127\.0\.0\.1:([1-9]\d*)/.exec(said)?.[1];
          if (found !== undefined) resolve(found);
        });
        stderr?.once("close", () => {
          reject(new Error(`Prometheus ended: ${said.slice(-1_000)}`));
        });
      });
    }

    /** @returns how many answers a query has */
    async function asked(query: string): Promise<number> {
      const response = await fetch(
        `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`,
      );
      const { status, error, data } = (await response.json()) as {
        status: string;
        error?: string;
        data: { result: unknown[] };
      };
      if (status !== "success") throw new Error(`${query}: ${error ?? ""}`);
      return data.result.length;
    }

    for (const { file, title, targets } of panels) {
      it(`${file}: "${title}" is not empty`, async () => {
        for (const { expr } of targets) assert.ok((await asked(chosen(expr))) > 0, chosen(expr));
      });
    }

    it("an empty panel would be seen", async () => {
      assert.equal(await asked(chosen('stateful_role{namespace="$namespace",role="nobody"}')), 0);
    });
  });
});
