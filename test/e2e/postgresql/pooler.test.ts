import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { certificateSecretName } from "../../../components/tls/database-certificate";
import { POOLER as ENDPOINT } from "../../../components/postgresql/topology";
import { serviceOf } from "../../../components/protocol/topology";
import { until } from "../../../cluster/wait";
import { adminSql } from "../support/admin";
import type { SqlClient } from "../support/traffic/client";
import { clusterFacts, kubectl } from "../support/cluster/cluster";
import type { Deployment } from "../support/deploy/deployment";
import { postgresql } from "../support/engines/postgresql";
import { deletePods } from "../support/cluster/pods";
import { type Scene, sceneOf } from "../support/faults/scene";
import { applicationLogin, type Login, secretValues } from "../support/cluster/secrets";
import { setOfThree } from "../support/deploy/set-of-three";
import { longSuite } from "../support/suites";
import { noteTiming } from "../support/report/summary";
import { SteadyWriter } from "../support/traffic/steady-writer";

const NAMESPACE = "e2e-pooler";
const DATABASE = "orders";
const POOLER = serviceOf(DATABASE, ENDPOINT);
const TARGET = { database: DATABASE, host: POOLER };
const POOL_SIZE = 5;

longSuite("postgresql", "behind a pooler", function () {
  this.timeout(600_000);
  let deployment: Deployment;
  let client: SqlClient;
  let databases: Record<string, object>;

  before(async function () {
    const { images } = await clusterFacts();
    const pooler = { image: images["pgbouncer"], poolSize: POOL_SIZE };
    const set = await setOfThree(NAMESPACE, { [DATABASE]: { pooler } }, postgresql);
    ({ deployment, client, databases } = set);
    await set.start(this);
    await client.sql("CREATE TABLE words (word text)", TARGET);
  });

  after(async () => {
    await deployment.delete();
  });

  const scene = async (): Promise<Scene> => sceneOf(kubectl, postgresql, NAMESPACE, DATABASE);
  const asAdministrator = async (statement: string): Promise<string[]> => {
    const now = await scene();
    return adminSql(now, now.target.pod, statement);
  };

  const secret = async (name: string) => secretValues(kubectl, NAMESPACE, name);
  const ownLogin = async (): Promise<Login> => applicationLogin(kubectl, NAMESPACE, DATABASE);

  /** Logs in with a password that the client has from its input, and runs a statement. */
  async function as({ user, password }: Login, statement: string, connection: string): Promise<string> {
    const line =
      "IFS= read -r PGPASSWORD && export PGPASSWORD PGCONNECT_TIMEOUT=10 && " +
      `psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --username=${user} '${connection}'`;
    return client.sh(line, `${password}\n${statement}`);
  }

  it("the application's user reaches the primary, over TLS on both sides", async () => {
    const { user } = await ownLogin();
    const rows = await client.sql("SELECT session_user, current_user, pg_is_in_recovery()", TARGET);
    assert.deepEqual(rows, [`${user}\tapp\tf`]);
    const connections =
      "SELECT count(*) > 0, bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename LIKE 'app%'";
    assert.deepEqual(await asAdministrator(connections), ["t\tt"]);
  });

  it("shows the stack's certificate, under each of its names", async () => {
    const certificate = await secret(certificateSecretName(DATABASE));
    await client.sh("cat >/tmp/ca.crt", certificate("ca.crt"));
    const login = await ownLogin();
    for (const host of [POOLER, `${POOLER}.${NAMESPACE}`, `${POOLER}.${NAMESPACE}.svc`]) {
      const verified = `host=${host} dbname=app sslmode=verify-full sslrootcert=/tmp/ca.crt`;
      assert.equal(await as(login, "SELECT 1", verified), "1");
    }
    const another = `host=${POOLER} dbname=app sslmode=verify-full sslrootcert=/etc/ssl/certs/ca-certificates.crt`;
    await assert.rejects(as(login, "SELECT 1", another), /certificate|does not exist/);
  });

  it("many clients share few connections, each for the time of a transaction", async () => {
    const clients = 40;
    const line = postgresql.shell.application(`/secrets/${DATABASE}`, POOLER);
    const session = `(echo 'SELECT pg_sleep(0.1);'; sleep 8; echo "INSERT INTO words VALUES ('shared');")`;
    const all = client.sh(`for i in $(seq ${clients}); do ${session} | ${line} >/dev/null & done; wait`);
    await sleep(6_000);
    const [connections] = await asAdministrator(
      "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'app%' AND backend_type = 'client backend'",
    );
    await all;
    assert.ok(Number(connections) > 0 && Number(connections) <= 2 * POOL_SIZE, `${connections} connections`);
    const rows = await client.sql("SELECT count(*) FROM words WHERE word = 'shared'", TARGET);
    assert.deepEqual(rows, [String(clients)]);
  });

  it("prepared statements work, whichever connection a transaction gets", async () => {
    const variables = `PGPASSWORD="$(cat /secrets/${DATABASE}/password)" PGUSER="$(cat /secrets/${DATABASE}/username)"`;
    const run = `${variables} PGHOST=${POOLER} pgbench --no-vacuum --protocol=prepared --client=20 --jobs=2 --transactions=50`;
    const said = await client.sh(
      `echo "SELECT count(*) FROM words WHERE word = 'none';" >/tmp/query && ${run} --file=/tmp/query app`,
    );
    assert.match(said, /number of transactions actually processed: 1000\/1000/);
  });

  it("lets neither the administrator nor a member's account in, and shows no password to the application", async () => {
    const credentials = await secret(`${DATABASE}-credentials`);
    const members = await secret(`${DATABASE}-credentials-members`);
    const through = `host=${POOLER} dbname=app`;
    await assert.rejects(
      as({ user: "postgres", password: credentials("admin-password") }, "SELECT 1", through),
      /no such user|authentication failed/,
    );
    const replication = { user: "stateful_replication", password: members("replication-password") };
    await assert.rejects(as(replication, "SELECT 1", through), /no such user|authentication failed/);
    const pooler = { user: "stateful_pooler", password: members("pooler-password") };
    for (const refused of ["dbname=postgres", "dbname=app sslmode=disable"]) {
      await assert.rejects(as(pooler, "SELECT 1", `host=${DATABASE} ${refused}`), /pg_hba\.conf/);
    }
    await assert.rejects(
      client.sql("SELECT * FROM stateful_pooler.lookup('app')", TARGET),
      /permission denied for schema/,
    );
    assert.deepEqual(
      await as(pooler, "SELECT name FROM stateful_pooler.lookup('postgres')", `host=${DATABASE} dbname=app`),
      "",
    );
  });

  it("a deleted primary: writes go on within seconds, also of a client that was connected all the time", async () => {
    const { target: primary } = await scene();
    const line = postgresql.shell.application(`/secrets/${DATABASE}`, POOLER);
    const held = client.sh(
      `(echo "INSERT INTO words VALUES ('held');"; sleep 30; echo "INSERT INTO words VALUES ('held');") | ${line}`,
    );
    const writer = await SteadyWriter.start(client, line);
    await sleep(3_000);
    await deletePods(NAMESPACE, primary.pod);
    await sleep(20_000);
    const { longestGapSeconds, errors } = await writer.stop();
    noteTiming(
      "postgresql behind a pooler, primary deleted: longest time without a write",
      longestGapSeconds,
    );
    assert.ok(longestGapSeconds < 10, `${longestGapSeconds} s without a write: ${errors}`);
    assert.notEqual((await scene()).target.pod, primary.pod);
    await held;
    const rows = await client.sql("SELECT count(*) FROM words WHERE word = 'held'", TARGET);
    assert.deepEqual(rows, ["2"]);
    await deployment.healthy();
  });

  it("replaced pods of its own: no write fails", async () => {
    const writer = await SteadyWriter.start(
      client,
      postgresql.shell.application(`/secrets/${DATABASE}`, POOLER),
    );
    await kubectl.run(["rollout", "restart", `deployment/${POOLER}`, "-n", NAMESPACE]);
    await kubectl.run(["rollout", "status", `deployment/${POOLER}`, "-n", NAMESPACE, "--timeout=180s"]);
    await sleep(15_000);
    const { writes, errors } = await writer.stop();
    assert.equal(errors, "");
    assert.ok(writes > 0);
  });

  it("never serves from a server that is not the primary, and takes settings over while it runs", async () => {
    const led = (host: string) => async (): Promise<boolean> => {
      const pods = await kubectl.list("pods", NAMESPACE, `app.kubernetes.io/instance=${POOLER}`);
      const seen = await Promise.all(
        pods.map(async ({ metadata }) =>
          kubectl.run([
            "exec",
            metadata.name,
            "-n",
            NAMESPACE,
            "--",
            "cat",
            "/etc/stateful/config/pgbouncer.ini",
          ]),
        ),
      );
      return seen.every((settings) => settings.includes(`host=${host} `));
    };
    const lead = async (from: string, to: string): Promise<void> => {
      const map = ["configmap", POOLER, "-n", NAMESPACE];
      const settings = await kubectl.run(["get", ...map, "-o", "jsonpath={.data.pgbouncer\\.ini}"]);
      const changed = settings.replace(`host=${from} `, `host=${to} `);
      const patch = JSON.stringify({ data: { "pgbouncer.ini": changed } });
      await kubectl.run(["patch", ...map, "--type=merge", `--patch=${patch}`]);
      await until(led(to), { what: `the pooler to read ${to}`, timeoutSeconds: 180 });
      await sleep(10_000);
    };
    const [primary, replicas] = [DATABASE, `${DATABASE}-replicas`].map((name) => `${name}.${NAMESPACE}.svc`);
    await lead(primary!, replicas!);
    try {
      assert.deepEqual(
        await client.sql("SELECT pg_is_in_recovery()", { ...TARGET, host: `${DATABASE}-replicas` }),
        ["t"],
      );
      await assert.rejects(client.sql("SELECT 1", TARGET));
    } finally {
      await lead(replicas!, primary!);
    }
    assert.deepEqual(await client.sql("SELECT pg_is_in_recovery()", TARGET), ["f"]);
  });

  it("turned off, its account is kept out; turned on again, it serves", async () => {
    const { pooler, ...without } = databases[DATABASE] as Record<string, object>;
    const mayLogIn = "SELECT bool_or(rolcanlogin) FROM pg_roles WHERE rolname LIKE 'stateful_pooler%'";
    const turn = async (database: object, expected: string): Promise<void> => {
      deployment.change({ databases: { [DATABASE]: database } });
      await deployment.apply();
      await until(async () => (await asAdministrator(mayLogIn)).join() === expected, {
        what: `its account to be ${expected === "t" ? "admitted" : "kept out"}`,
        timeoutSeconds: 300,
      });
      await deployment.healthy();
    };
    await turn(without, "f");
    await turn({ ...without, pooler }, "t");
    await until(async () => (await client.sql("SELECT 1", TARGET)).join() === "1", {
      what: "an answer through the pooler",
      timeoutSeconds: 60,
    });
  });

  it("a rotation of its own account: no log-in through it fails meanwhile, and the one before ends when it is revoked", async () => {
    const name = `${DATABASE}-credentials-members`;
    const [before, other] = ["stateful_pooler", "stateful_pooler_a"];
    const patch = async (what: string, values: object): Promise<void> => {
      const json = JSON.stringify({ stringData: values });
      await kubectl.run(["patch", "secret", what, "-n", NAMESPACE, "--type=merge", `--patch=${json}`]);
    };
    const writer = await SteadyWriter.start(
      client,
      postgresql.shell.application(`/secrets/${DATABASE}`, POOLER),
    );
    const letIn =
      "SELECT rolname FROM pg_roles WHERE rolname LIKE 'stateful_pooler%' AND rolcanlogin ORDER BY rolname";
    await patch(name, { "pooler-username": other, "pooler-password": randomUUID() });
    await until(async () => (await asAdministrator(letIn)).includes(other), {
      what: "the other account",
      timeoutSeconds: 180,
    });
    assert.ok((await asAdministrator(letIn)).includes(before));
    await patch(`${DATABASE}-credentials`, { "revoke-previous": "true" });
    await until(async () => (await asAdministrator(letIn)).join() === other, {
      what: "the one before to end",
      timeoutSeconds: 300,
    });
    await sleep(10_000);
    const { writes, errors } = await writer.stop();
    assert.equal(errors, "");
    assert.ok(writes > 0);
    await patch(`${DATABASE}-credentials`, { "revoke-previous": "false" });
  });

  it("a rotation: the old and the new login both go through it", async () => {
    const old = await ownLogin();
    const now = { user: "app_b", password: randomUUID() };
    const patch = JSON.stringify({ stringData: { username: now.user, password: now.password } });
    const name = `${DATABASE}-credentials`;
    await kubectl.run(["patch", "secret", name, "-n", NAMESPACE, "--type=merge", `--patch=${patch}`]);
    const through = `host=${POOLER} dbname=app`;
    await until(async () => (await as(now, "SELECT session_user", through)) === now.user, {
      what: "the new login",
      timeoutSeconds: 180,
    });
    assert.equal(await as(old, "SELECT session_user", through), old.user);
    assert.notEqual(old.user, now.user);
  });
});
