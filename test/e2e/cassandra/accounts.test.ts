import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { until } from "../../../cluster/wait";
import { AGENT_USER } from "../../../components/cassandra/protocol";
import type { ApiObject } from "../../../operate/kube/kubectl";
import { kubectl } from "../support/cluster/cluster";
import { deletePods } from "../support/cluster/pods";
import { applicationLogin, type Login, secretValues } from "../support/cluster/secrets";
import { setOfThree, type SetOfThree } from "../support/deploy/set-of-three";
import { cassandra } from "../support/engines/cassandra";
import { noteTiming } from "../support/report/summary";
import { longSuite } from "../support/suites";
import { replaced } from "../support/validate/replacement";

const EVENTS = "events";
const NAMESPACE = "e2e-accounts-cassandra";
const SECRETS = { members: `${EVENTS}-credentials-members`, application: `${EVENTS}-credentials` };
/** The kubelet brings a changed Secret to a pod within about a minute and a half. */
const KNOWN_WITHIN = 240;
const ROWS = 500;

interface Pods extends ApiObject {
  status?: { replicas?: number };
}

longSuite("cassandra", "with passwords of its agents that change", function () {
  this.timeout(900_000);
  let set: SetOfThree;

  before(async function () {
    set = await setOfThree(NAMESPACE, { [EVENTS]: {} }, cassandra);
    await set.start(this);
    await ask("CREATE TABLE IF NOT EXISTS app.words (id int PRIMARY KEY, word text)");
    const inserts = Array.from(
      { length: ROWS },
      (_, id) => `INSERT INTO app.words (id, word) VALUES (${id}, 'w')`,
    );
    assert.deepEqual(await ask(inserts.join("\n")), []);
  });

  after(async function () {
    await set.deployment.delete();
  });

  const ask = async (statements: string): Promise<string[]> =>
    set.client.sql(statements, { database: EVENTS });

  /** Runs a statement as somebody. */
  async function as({ user, password }: Login, statement: string): Promise<string> {
    const said = await set.client.sh(cassandra.shell.user(EVENTS), `${user}\n${password}\n${statement}\n`);
    return said.trim();
  }

  async function letsIn(login: Login): Promise<boolean> {
    return as(login, "SELECT key FROM system.local").then(
      (said) => said === "local",
      () => false,
    );
  }

  async function agent(): Promise<Login> {
    const value = await secretValues(kubectl, NAMESPACE, SECRETS.members);
    return { user: AGENT_USER, password: value("replication-password") };
  }

  const replace = async (secret: string, key: string): Promise<string> =>
    kubectl.run([
      ...["patch", "secret", secret, "-n", NAMESPACE, "--type=merge", "-p"],
      JSON.stringify({ stringData: { [key]: randomBytes(16).toString("hex") } }),
    ]);

  async function scale(replicas: number): Promise<void> {
    await kubectl.run(["scale", "statefulset", EVENTS, "-n", NAMESPACE, `--replicas=${replicas}`]);
    await until(
      async () =>
        ((await kubectl.get<Pods>("statefulset", EVENTS, NAMESPACE))?.status?.replicas ?? 0) === replicas,
      { what: `${replicas} pods`, timeoutSeconds: 240 },
    );
  }

  it("takes another one over while it runs, and a member that restarts knows it", async () => {
    const former = await agent();
    await replace(SECRETS.members, "replication-password");
    const now = await agent();
    await until(async () => letsIn(now), { what: "the new password", timeoutSeconds: KNOWN_WITHIN });
    assert.equal(await letsIn(former), false, "the former password lets somebody in");
    const pod = `${EVENTS}-2`;
    await replaced(NAMESPACE, [pod], async () => deletePods(NAMESPACE, pod));
  });

  it("takes over what its Secrets have when nobody of a whole ring is let in, and has lost nothing", async () => {
    await scale(0);
    for (const [secret, key] of [
      [SECRETS.members, "replication-password"],
      [SECRETS.application, "password"],
      [SECRETS.application, "admin-password"],
    ] as const)
      await replace(secret, key);
    await scale(3);
    const began = Date.now();
    await set.deployment.healthy(600);
    noteTiming(
      "cassandra: a whole ring that let none of its agents in serves again",
      (Date.now() - began) / 1000,
    );
    assert.ok(await letsIn(await agent()), "the agents' password");
    const application = await applicationLogin(kubectl, NAMESPACE, EVENTS);
    await until(async () => letsIn(application), { what: "the application's password", timeoutSeconds: 120 });
    assert.equal(await as(application, "SELECT count(*) FROM app.words"), String(ROWS));
  });
});
