import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../../cluster/wait";
import { kubectl } from "../support/cluster/cluster";
import { deletePods } from "../support/cluster/pods";
import { applicationLogin, type Login, secretValues } from "../support/cluster/secrets";
import type { Deployment } from "../support/deploy/deployment";
import { setOfThree } from "../support/deploy/set-of-three";
import { sqlEngines } from "../support/engines/registry";
import { noteTiming } from "../support/report/summary";
import { sceneOf } from "../support/faults/scene";
import { longSuite } from "../support/suites";
import type { SqlClient } from "../support/traffic/client";
import { SteadyWriter } from "../support/traffic/steady-writer";

const DATABASE = "orders";
const TARGET = { database: DATABASE };
/** The kubelet brings a changed Secret to a pod within about a minute and a half. */
const KNOWN_WITHIN = 240;
/** While passwords rotate, a write may take so much longer than usual. */
const MOST_GAP_SECONDS = 5;

for (const engine of sqlEngines) {
  longSuite(engine.name, "with accounts that change", function () {
    this.timeout(900_000);
    const namespace = `e2e-accounts-${engine.name}`;
    let deployment: Deployment;
    let client: SqlClient;
    let args: object;

    before(async function () {
      const set = await setOfThree(namespace, { [DATABASE]: { settings: engine.accounts.policies } }, engine);
      ({ deployment, client } = set);
      args = set.databases[DATABASE] ?? {};
      await set.start(this);
      await client.sql(engine.accounts.makeWords, TARGET);
    });

    after(async () => {
      await deployment.delete();
    });

    async function change(more: object): Promise<void> {
      args = { ...args, ...more };
      deployment.change({ databases: { [DATABASE]: args } });
      await deployment.apply();
    }

    const ownLogin = async (): Promise<Login> => applicationLogin(kubectl, namespace, DATABASE);

    /** Runs a statement as somebody. */
    async function as({ user, password }: Login, statement: string): Promise<string> {
      return client.sh(engine.shell.user(DATABASE), `${user}\n${password}\n${statement}`);
    }

    async function letIn(login: Login): Promise<boolean> {
      return as(login, "SELECT 1").then(
        (said) => said === "1",
        () => false,
      );
    }

    async function replicas(): Promise<string[]> {
      const { pods, target: primary } = await sceneOf(kubectl, engine, namespace, DATABASE);
      return pods.filter((pod) => pod !== primary.pod);
    }

    /** Until the writer's pod has the login that is valid now: after a revocation, its copy may be of the one before. */
    async function untilClientKnows(): Promise<void> {
      const { password } = await ownLogin();
      const copy = async (): Promise<string> => client.sh(`cat /secrets/${DATABASE}/password`);
      await until(async () => (await copy()).trim() === password, {
        what: "the present password in the writer's pod",
        timeoutSeconds: KNOWN_WITHIN,
      });
    }

    /** Does something while somebody writes. @returns what the writer said of it */
    async function whileWriting(what: string, work: () => Promise<void>): Promise<string> {
      await untilClientKnows();
      const line = engine.shell.application(`/secrets/${DATABASE}`, DATABASE);
      const writer = await SteadyWriter.start(client, line);
      await work();
      const { longestGapSeconds, errors, writes } = await writer.stop();
      noteTiming(
        `${engine.name}, ${what}: longest time without a write`,
        longestGapSeconds,
        MOST_GAP_SECONDS,
      );
      assert.ok(writes > 1, errors);
      assert.ok(longestGapSeconds <= MOST_GAP_SECONDS, `${longestGapSeconds} s without a write: ${errors}`);
      return errors;
    }

    it("a rotation: no write fails, and both passwords are valid", async () => {
      const former = await ownLogin();
      const errors = await whileWriting("application's password rotated", async () => {
        await change({ passwordRotation: "b" });
        const now = await ownLogin();
        assert.notEqual(now.password, former.password);
        await until(async () => letIn(now), { what: "the new password", timeoutSeconds: KNOWN_WITHIN });
        assert.ok(await letIn(former), "the former password is refused");
      });
      assert.equal(errors, "");
    });

    it("a leaked password ends when it is revoked, with the connections that it opened", async () => {
      const former = await ownLogin();
      const held = as(
        former,
        `INSERT INTO words (word) VALUES ('held'); ${engine.accounts.sleep(400)}; INSERT INTO words (word) VALUES ('later')`,
      );
      const ended = held.then(
        () => "it went on",
        () => "ended",
      );
      await sleep(3000);
      await change({ passwordRotation: "c", revokePreviousPassword: true });
      const now = await ownLogin();
      await until(async () => (await letIn(now)) && !(await letIn(former)), {
        what: "the end of the former password",
        timeoutSeconds: KNOWN_WITHIN,
      });
      assert.equal(await Promise.race([ended, sleep(30_000).then(() => "still there")]), "ended");
      assert.equal(await as(now, "SELECT word FROM words WHERE word IN ('held', 'later')"), "held");
    });

    it("the members' passwords rotate while clients write, and members that restart know the new ones", async () => {
      const secret = `${DATABASE}-credentials-members`;
      const before = await secretValues(kubectl, namespace, secret);
      const errors = await whileWriting("members' passwords rotated", async () => {
        await change({ memberPasswordRotation: "b" });
        const after = await secretValues(kubectl, namespace, secret);
        for (const key of engine.accounts.memberPasswords) assert.notEqual(after(key), before(key));
        await sleep(150_000);
        for (const pod of await replicas()) {
          await deletePods(namespace, pod);
          await sleep(5000);
          await deployment.healthy();
        }
      });
      assert.equal(errors, "");
    });

    it("all of it holds after every pod was replaced at once", async () => {
      const { pods } = await sceneOf(kubectl, engine, namespace, DATABASE);
      await deletePods(namespace, ...pods);
      await sleep(5000);
      await deployment.healthy();
      assert.ok(await letIn(await ownLogin()));
      assert.equal(await as(await ownLogin(), "SELECT count(*) FROM words WHERE word = 'held'"), "1");
    });
  });
}
