import { strict as assert } from "node:assert";
import { until } from "../../../cluster/wait";
import type { ApiObject } from "../../../operate/kube/kubectl";
import { byClient } from "../support/connect";
import { kubectl } from "../support/cluster/cluster";
import { deletePods, podNamed } from "../support/cluster/pods";
import { setOfThree, type SetOfThree } from "../support/deploy/set-of-three";
import { redis } from "../support/engines/redis";
import { noteTiming } from "../support/report/summary";
import { engineSuite } from "../support/suites";
import { replaced } from "../support/validate/replacement";

const CART = "cart";
const NAMESPACE = "e2e-story-redis";
const PODS = [0, 1, 2].map((ordinal) => `${CART}-${ordinal}`);

/** Where a member's agent is asked in Sentinel's protocol. */
const SENTINEL_PORT = 26379;

/** A cluster's DNS may hold an answer for 30 s. */
const DNS_SECONDS = 40;

/** What a client that asks for the primary is told about it, beside the channel: name, former place, new place. */
const TOLD = "/tmp/told";

interface LeaseObject extends ApiObject {
  spec?: { holderIdentity?: string; leaseTransitions?: number };
}

engineSuite("redis", "as clients see it", function () {
  this.timeout(200_000);
  let set: SetOfThree;

  before(async function () {
    this.timeout(400_000);
    set = await setOfThree(NAMESPACE, { [CART]: { storage: "2Gi" } }, redis);
    const began = Date.now();
    await set.start(this);
    noteTiming("redis: 3 pods ready and a client beside them", (Date.now() - began) / 1000);
  });

  after(async function () {
    this.timeout(300_000);
    await set.deployment.delete();
  });

  async function ask(command: string, host?: string): Promise<string[]> {
    return set.client.sql(command, { database: CART, ...(host === undefined ? {} : { host }) });
  }

  const hostOf = (pod: string): string => `${pod}.${CART}-headless`;

  async function addressOf(pod: string): Promise<string> {
    const { status } = await podNamed(NAMESPACE, pod);
    return status.podIP ?? "";
  }

  /** Who has the Lease, and in which term. */
  async function reign(): Promise<{ pod: string; term: number }> {
    const lease = await kubectl.get<LeaseObject>("lease", `${CART}-primary`, NAMESPACE);
    return { pod: lease?.spec?.holderIdentity ?? "", term: lease?.spec?.leaseTransitions ?? 0 };
  }

  /** What a Sentinel's clients ask first. */
  async function primaryByName(name: string, host: string): Promise<string[]> {
    const line = `valkey-cli -h ${host} -p ${SENTINEL_PORT} SENTINEL get-master-addr-by-name ${name}`;
    return (await set.client.sh(line)).split("\n");
  }

  it("a write that its client waited for is on every member, and only the primary takes one", async () => {
    assert.deepEqual(await ask("SET word first\nWAIT 2 5000"), ["OK", "2"]);
    const { pod: primary } = await reign();
    for (const pod of PODS) {
      assert.deepEqual(await ask("GET word", hostOf(pod)), ["first"]);
      if (pod !== primary) assert.match((await ask("SET word second", hostOf(pod))).join(" "), /^READONLY /);
    }
  });

  it("one name leads to the primary, another to its replicas, and every member says in Sentinel's protocol where it is", async () => {
    const { pod: primary } = await reign();
    assert.equal((await podNamed(NAMESPACE, primary)).metadata.labels?.["role"], "primary");
    assert.equal((await ask("ROLE"))[0], "master");
    assert.equal((await ask("ROLE", `${CART}-replicas`))[0], "slave");
    const place = [await addressOf(primary), "6379"];
    for (const host of [`${CART}-sentinel`, ...PODS.map(hostOf)]) {
      assert.deepEqual(await primaryByName("mymaster", host), place);
      assert.deepEqual(await primaryByName(CART, host), place);
    }
  });

  it("its own client is let in by one command, by TLS", async () => {
    assert.equal((await byClient(set.deployment.stackFile, CART, "PING")).trim(), "PONG");
    assert.match(await byClient(set.deployment.stackFile, CART, "NONSENSE"), /unknown command/);
  });

  it("the application may do everything with data, and nothing with the server", async () => {
    for (const refused of [
      "CONFIG GET maxmemory",
      "REPLICAOF NO ONE",
      "ACL LIST",
      "SHUTDOWN NOSAVE",
      "FUNCTION FLUSH",
      "FAILOVER",
    ]) {
      assert.match((await ask(refused)).join(" "), /^NOPERM /, refused);
    }
    assert.deepEqual(await ask("SET gone soon\nFLUSHALL\nEXISTS gone\nSET word first\nWAIT 2 5000"), [
      "OK",
      "OK",
      "0",
      "OK",
      "2",
    ]);
  });

  it("a deleted primary hands over once, with all data; who asked to be told is told, and names lead to the new one", async () => {
    const before = await reign();
    const [bystander = ""] = PODS.filter((pod) => pod !== before.pod);
    const old = await addressOf(before.pod);
    await set.client.sh(
      `nohup valkey-cli -h ${hostOf(bystander)} -p ${SENTINEL_PORT} SUBSCRIBE +switch-master >${TOLD} 2>&1 &`,
    );
    await until(async () => (await set.client.sh(`cat ${TOLD}`)).includes("+switch-master"), {
      what: "the subscription",
      timeoutSeconds: 20,
    });
    const [times] = await replaced(NAMESPACE, [before.pod], async () => deletePods(NAMESPACE, before.pod));
    noteTiming("redis: a pod back after it was deleted", times!.backSeconds);

    const after = await reign();
    assert.notEqual(after.pod, before.pod);
    assert.equal(after.term, before.term + 1);
    const place = await addressOf(after.pod);
    assert.match(await set.client.sh(`cat ${TOLD}`), new RegExp(`mymaster ${old} 6379 ${place} 6379`));
    assert.deepEqual(await primaryByName("mymaster", `${CART}-sentinel`), [place, "6379"]);
    assert.deepEqual(await ask("GET word\nSET word third\nWAIT 2 5000"), ["first", "OK", "2"]);
    await until(async () => (await ask("GET word", hostOf(before.pod)))[0] === "third", {
      what: "the former primary follows",
      timeoutSeconds: DNS_SECONDS,
    });
  });
});
