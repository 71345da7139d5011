import { strict as assert } from "node:assert";
import { until } from "../../../cluster/wait";
import { NOTICES } from "../../../components/protocol/annotations";
import { userLoginSecretName } from "../../../components/protocol/names";
import type { Pod } from "../../../operate/kube/objects";
import { byClient } from "../support/connect";
import { clusterFacts, kubectl } from "../support/cluster/cluster";
import { type Login, loginIn, publishedLogin } from "../support/cluster/secrets";
import { storageOf } from "../support/cluster/storage";
import { Deployment } from "../support/deploy/deployment";
import { sqlEngines } from "../support/engines/registry";
import { noteTiming } from "../support/report/summary";
import { engineSuite } from "../support/suites";
import { SqlClient } from "../support/traffic/client";

const DATABASE = "orders";

/** How long a change of the lists takes at most: kubelets bring it within a minute or two. */
const IN_FORCE_SECONDS = 180;

for (const engine of sqlEngines) {
  engineSuite(engine.name, "with users and databases by lists", function () {
    this.timeout(400_000);
    const namespace = `e2e-users-${engine.name}`;
    let deployment: Deployment;
    let client: SqlClient;
    let wanted: object;

    /** Wishes it, beside what the database is otherwise. */
    async function wish(lists: { users: object; databases?: object }): Promise<void> {
      deployment.change({ databases: { [DATABASE]: { ...wanted, ...lists } } });
      await deployment.apply();
      await deployment.healthy();
    }

    /** What its member says beside its state. */
    const said = async (): Promise<string> =>
      (await kubectl.get("pod", `${DATABASE}-0`, namespace))?.metadata.annotations?.[NOTICES] ?? "";

    const loginOf = async (user: string): Promise<Login> =>
      loginIn(kubectl, namespace, userLoginSecretName(DATABASE, user), IN_FORCE_SECONDS);

    /** Runs a statement as somebody, in a database. */
    async function as({ user, password }: Login, statement: string, database = "app"): Promise<string> {
      const shell = engine.shell.user(DATABASE).replace(/ app$/, ` ${database}`);
      return client.sh(shell, `${user}\n${password}\n${statement}`);
    }

    const isLetIn = async (login: Login): Promise<boolean> =>
      as(login, "SELECT 1").then(
        (said) => said === "1",
        () => false,
      );

    before(async () => {
      const facts = await clusterFacts();
      wanted = {
        engine: engine.name,
        ...facts.database[engine.name],
        storage: "1Gi",
        resources: { cpu: "100m", memory: "768Mi" },
        deletionProtection: false,
      };
      deployment = new Deployment(namespace, {
        storage: storageOf("static", namespace, facts),
        databases: { [DATABASE]: wanted },
      });
      client = new SqlClient(namespace, [DATABASE], engine, facts.images[engine.name]);
    });

    after(async () => {
      await deployment.delete();
    });

    it("is not made while the SQL that it begins with fails, and begins anew once that is corrected", async () => {
      const users = { reader: { grants: { app: "read" } } };
      const table = "CREATE TABLE words (word VARCHAR(64) PRIMARY KEY)";
      deployment.change({
        databases: {
          [DATABASE]: { ...wanted, users, initSql: [table, "INSERT INTO wrods VALUES ('first')"] },
        },
      });
      await deployment.apply();
      await until(async () => (await said()).includes("initSql[1]"), {
        what: "word of the statement that fails",
        timeoutSeconds: 120,
      });
      assert.match(await said(), /wrods/);
      wanted = { ...wanted, initSql: [`${table}; INSERT INTO words VALUES ('first')`] };
      await wish({ users });
      await client.start();
      assert.doesNotMatch(await said(), /initSql/);
    });

    it("lets each in by a Secret of its own, and to what its grants name", async () => {
      const application = await publishedLogin(kubectl, namespace, DATABASE);
      assert.equal(await as(application, "SELECT word FROM words"), "first", "and lasted from its beginning");
      await as(application, "ALTER TABLE words ADD COLUMN more VARCHAR(64)");
      const reader = await loginOf("reader");
      assert.equal(await as(reader, "SELECT word FROM words"), "first");
      await assert.rejects(as(reader, "INSERT INTO words VALUES ('second')"), /denied/i);
      await assert.rejects(as(reader, "DROP TABLE words"), /denied|must be owner/i);
    });

    it("lets its own client in by one command, in a pod that is gone after it", async () => {
      assert.match(await byClient(deployment.stackFile, DATABASE, "SELECT word FROM words;"), /\bfirst\b/);
      await assert.rejects(byClient(deployment.stackFile, DATABASE, "SELECT nonsense;"), /nonsense/);
      const pods = await kubectl.list<Pod>("pods", namespace, `${DATABASE}-client=true`);
      const left = pods.filter(({ metadata: { name, deletionTimestamp } }) => {
        return name.startsWith(`${DATABASE}-client-`) && deletionTimestamp === undefined;
      });
      assert.deepEqual(left, []);
    });

    it("makes what is added while it runs, without a restart, and lets nobody in who is to be none", async () => {
      const started = async () => (await kubectl.get("pod", `${DATABASE}-0`, namespace))?.metadata.uid;
      const before = await started();
      const reader = await loginOf("reader");
      const began = performance.now();
      await wish({
        databases: { reports: { owner: "analyst" } },
        users: { reader: { absent: true }, analyst: { grants: { app: "read" } } },
      });
      const analyst = await loginOf("analyst");
      await until(async () => !(await isLetIn(reader)), {
        what: `the end of the user reader`,
        timeoutSeconds: IN_FORCE_SECONDS,
      });
      noteTiming(
        `${engine.name}: lists of users in force after a change`,
        (performance.now() - began) / 1000,
        IN_FORCE_SECONDS,
      );
      assert.equal(await as(analyst, "SELECT word FROM words"), "first");
      await as(analyst, "CREATE TABLE figures (figure INT PRIMARY KEY)", "reports");
      await as(analyst, "INSERT INTO figures VALUES (7)", "reports");
      await assert.rejects(as(analyst, "DELETE FROM words"), /denied/i);
      assert.equal(await started(), before);
    });

    it("gives nobody up who merely left the lists, nor a database", async () => {
      const analyst = await loginOf("analyst");
      await wish({ users: {} });
      // Longer than the change before took to be brought.
      await new Promise((resolve) => setTimeout(resolve, 20_000));
      assert.equal(await as(analyst, "SELECT figure FROM figures", "reports"), "7");
    });
  });
}
