import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { REASON } from "../../../components/protocol/annotations";
import { until } from "../../../cluster/wait";
import { markedDatabase } from "../../../operate/sites/marked-database";
import { promote } from "../../../operate/sites/promotion";
import { reportPath } from "../../../operate/kube/agents";
import { readReport } from "../../../operate/status/reports";
import type { Report } from "../../../agent/core/types";
import { adminSql } from "../support/admin";
import { clusterFacts, kubectl } from "../support/cluster/cluster";
import { deletePods, podWhere } from "../support/cluster/pods";
import { secretValues } from "../support/cluster/secrets";
import type { Deployment } from "../support/deploy/deployment";
import { setOfThree } from "../support/deploy/set-of-three";
import { postgresql } from "../support/engines/postgresql";
import { type Scene, sceneOf } from "../support/faults/scene";
import { noteTiming } from "../support/report/summary";
import { longSuite } from "../support/suites";
import { SqlClient } from "../support/traffic/client";
import { SteadyWriter } from "../support/traffic/steady-writer";

const NAMESPACE = "e2e-follow";
const [SOURCE, COPY] = ["orders", "copy"];

longSuite("postgresql", "that follows another database", function () {
  this.timeout(600_000);
  let deployment: Deployment;
  let client: SqlClient;

  before(async function () {
    const { images } = await clusterFacts();
    const follow = {
      host: `${SOURCE}.${NAMESPACE}.svc`,
      credentials: { existingSecret: `${SOURCE}-credentials-members` },
      slot: "copy",
    };
    const set = await setOfThree(
      NAMESPACE,
      { [SOURCE]: { followerSlots: ["copy"] }, [COPY]: { follow } },
      postgresql,
    );
    ({ deployment } = set);
    client = new SqlClient(NAMESPACE, [SOURCE], postgresql, images["postgresql"]);
    await deployment.apply();
    await deployment.healthy(480);
    await client.start();
    await client.sql("CREATE TABLE words (id serial PRIMARY KEY, word text)", { database: SOURCE });
  });

  after(async () => {
    await deployment.delete();
  });

  const scene = async (database: string): Promise<Scene> => sceneOf(kubectl, postgresql, NAMESPACE, database);
  const report = async (database: string): Promise<Report> => {
    const name = (await scene(database)).target.pod;
    return readReport(await kubectl.raw(reportPath(NAMESPACE, name), 5), { namespace: NAMESPACE, name });
  };
  const toReplicas = { database: SOURCE, host: `${COPY}-replicas` };
  const count = async (target: { database: string; host?: string }): Promise<number> =>
    Number((await client.sql("SELECT count(*) FROM words", target))[0]);
  const asAdministrator = async (database: string, statement: string): Promise<string[]> => {
    const now = await scene(database);
    return adminSql(now, now.target.pod, statement);
  };
  const caughtUp = async (seconds: number): Promise<number> => {
    const begun = Date.now();
    const wanted = await count({ database: SOURCE });
    await until(async () => ((await count(toReplicas).catch(() => -1)) >= wanted ? true : undefined), {
      what: "the copy has what the source had",
      timeoutSeconds: seconds,
    });
    return (Date.now() - begun) / 1000;
  };
  const addressesOf = async (service: string): Promise<string> =>
    kubectl.run([
      ...["-n", NAMESPACE, "get", "endpointslices", "-l", `kubernetes.io/service-name=${service}`],
      ...["-o", "jsonpath={.items[*].endpoints[*].addresses[*]}"],
    ]);

  it("answers reads with what its source writes, and says that it follows", async () => {
    await client.sql("INSERT INTO words (word) VALUES ('first')", { database: SOURCE });
    noteTiming("a row of the source is read from the copy", await caughtUp(30));
    const { status } = await report(COPY);
    assert.equal(status.following?.streaming, true);
    assert.equal(status.following.source, `${SOURCE}.${NAMESPACE}.svc:5432`);
    const rows = await asAdministrator(SOURCE, "SELECT system_identifier FROM pg_control_system()");
    assert.deepEqual(await asAdministrator(COPY, "SELECT system_identifier FROM pg_control_system()"), rows);
  });

  it("has no address for writes, and refuses them by the others", async () => {
    assert.equal(await addressesOf(COPY), "");
    await assert.rejects(client.sql("INSERT INTO words (word) VALUES ('no')", toReplicas), /read-only/);
    await assert.rejects(
      client.sql("SELECT 1", { database: SOURCE, host: COPY }),
      /connection to server .* failed/,
    );
  });

  it("its own members fail over, and go on following", async () => {
    const { target } = await scene(COPY);
    await deletePods(NAMESPACE, target.pod);
    await client.sql("INSERT INTO words (word) VALUES ('after a member')", { database: SOURCE });
    noteTiming("rows come in after the copying member's loss", await caughtUp(60));
    await deployment.healthy(240);
    assert.equal((await asAdministrator(COPY, "SELECT pg_is_in_recovery()"))[0], "t");
  });

  it("follows its source through the source's failover", async () => {
    const writer = await SteadyWriter.start(
      client,
      postgresql.shell.application(`/secrets/${SOURCE}`, SOURCE),
    );
    const { target } = await scene(SOURCE);
    await deletePods(NAMESPACE, target.pod);
    await sleep(15_000);
    await writer.stop();
    noteTiming("rows come in after the source's failover", await caughtUp(60));
    await deployment.healthy(240);
    assert.equal((await report(COPY)).status.following?.streaming, true);
  });

  it("while the source is away reads are answered and nothing restarts; it goes on by itself", async () => {
    const had = await count(toReplicas);
    const scale = async (replicas: number): Promise<string> =>
      kubectl.run(["-n", NAMESPACE, "scale", `statefulset/${SOURCE}`, `--replicas=${replicas}`]);
    await scale(0);
    await until(
      async () => {
        const found = await report(COPY).catch(() => undefined);
        return found?.status.following?.streaming === false ? true : undefined;
      },
      { what: "the copy says that nothing comes in", timeoutSeconds: 90 },
    );
    assert.equal(await count(toReplicas), had);
    const { target } = await scene(COPY);
    await podWhere(
      NAMESPACE,
      target.pod,
      "it says why",
      ({ metadata }) => metadata.annotations?.[REASON] === "SourceUnreachable",
    );
    await sleep(30_000);
    await scale(3);
    await until(
      async () =>
        client.sql("INSERT INTO words (word) VALUES ('back')", { database: SOURCE }).catch(() => undefined),
      { what: "the source takes writes again", timeoutSeconds: 120 },
    );
    noteTiming("rows come in after the source was away", await caughtUp(60));
    const pods = await kubectl.run([
      ...["-n", NAMESPACE, "get", "pods", "-l", `app.kubernetes.io/instance=${COPY}`],
      ...["-o", "jsonpath={.items[*].status.containerStatuses[*].restartCount}"],
    ]);
    assert.match(pods, /^0( 0)*$/);
    await deployment.healthy(240);
  });

  it("is promoted with all that the fenced source has acknowledged, and takes writes", async () => {
    const writer = await SteadyWriter.start(
      client,
      postgresql.shell.application(`/secrets/${SOURCE}`, SOURCE),
    );
    await sleep(5_000);
    const begun = Date.now();
    const place = (name: string) => markedDatabase(kubectl, { namespace: NAMESPACE, name });
    const told: string[] = [];
    await promote({
      ...{ copy: place(COPY), source: place(SOURCE), acceptLoss: false },
      tell: (line) => told.push(`${line}, after ${(Date.now() - begun) / 1000} s`),
      clock: () => performance.now(),
      pause: async (ms) => sleep(ms),
    });
    const values = await secretValues(kubectl, NAMESPACE, `${COPY}-credentials`);
    const login = `${values("username")}\n${values("password")}\n`;
    const asApplication = async (statement: string): Promise<string> =>
      client.sh(postgresql.shell.user(COPY), login + statement);
    await until(
      async () =>
        asApplication("INSERT INTO words (word) VALUES ('promoted') RETURNING 'yes'").catch(() => undefined),
      { what: "the copy takes writes", timeoutSeconds: 60, everyMs: 300 },
    );
    const ended = Date.now();
    console.log(told.join("\n"));
    noteTiming("from asking for a promotion to the first write to the copy", (ended - begun) / 1000);
    const { writes, lastAt } = await writer.stop();
    const gap = (ended - lastAt) / 1000;
    noteTiming("from the source's last acknowledged write to the copy's first", gap);
    const kept = Number(await asApplication("SELECT count(*) FROM words WHERE word = 'steady'"));
    assert.ok(kept >= writes, `${kept} of ${writes} acknowledged writes are there`);
    await assert.rejects(client.sql("SELECT 1", { database: SOURCE }), /pg_hba\.conf rejects/);
    assert.ok(gap <= 20, `${gap} s`);
    await deployment.healthy(240);
    assert.notEqual(await addressesOf(COPY), "");
  });

  it("the fence outlasts the former source's failover", async () => {
    const { target } = await scene(SOURCE);
    await deletePods(NAMESPACE, target.pod);
    for (let second = 0; second < 20; second++) {
      await assert.rejects(client.sql("SELECT 1", { database: SOURCE }));
      await sleep(1_000);
    }
  });
});
