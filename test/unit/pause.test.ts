import assert from "node:assert/strict";
import { runUpkeep } from "../../agent/run-base";
import {
  type DatabaseArgs,
  MySql,
  PostgreSql,
  type PostgreSqlArgs,
  Redis,
  RedisMode,
} from "../../components";
import { pauseRefusal } from "../../components/database/pause";
import { scaleRefusal } from "../../components/database/scale-guard";
import { describeStack } from "../../render/table";
import { rulesFor } from "../../components/monitoring/rules";
import { ENGINE_NAMES, engineOf } from "../../stacks/engines";
import { recordDatabase } from "./support/database";
import type { Recorded, Recording } from "./support/recording";

const COMPONENTS = { mysql: MySql, postgresql: PostgreSql, redis: Redis };
const backup = { destination: { volume: { claim: "backups" } } };

async function made(
  engine: keyof typeof COMPONENTS,
  args: Partial<DatabaseArgs & PostgreSqlArgs>,
): Promise<Recording> {
  const all = { namespace: "databases", replicas: 3, ...(engine === "redis" ? {} : { backup }), ...args };
  return (await recordDatabase(() => new COMPONENTS[engine]("orders", all))).recording;
}

const nameOf = ({ type, name }: Recorded) => `${type} ${name}`;
const setOf = (recording: Recording) => recording.one("StatefulSet").inputs;

describe("a database that is paused", () => {
  for (const engine of Object.keys(COMPONENTS) as (keyof typeof COMPONENTS)[]) {
    describe(`of ${engine}`, () => {
      let [runs, paused]: Recording[] = [];
      before(async () => {
        const pooler = engine === "postgresql" ? { pooler: {} } : {};
        runs = await made(engine, pooler);
        paused = await made(engine, { ...pooler, paused: true });
      });

      it("has no pods, and all else that it had, as it was", () => {
        assert.equal(setOf(paused!)["spec"].replicas, 0);
        assert.equal(setOf(paused!)["metadata"].annotations["stateful/paused"], "3");
        assert.deepEqual(paused!.resources.map(nameOf).sort(), runs!.resources.map(nameOf).sort());
        for (const resource of paused!.resources) {
          const [kind = ""] = resource.type.split(":").slice(-1);
          if (["StatefulSet", "CronJob", "Deployment"].includes(kind)) continue;
          const before = runs!.resources.find((one) => nameOf(one) === nameOf(resource));
          assert.deepEqual(resource.inputs, before?.inputs, nameOf(resource));
        }
        assert.deepEqual(
          setOf(paused!)["spec"].template,
          setOf(runs!)["spec"].template,
          "so that it goes on",
        );
        assert.equal(setOf(runs!)["spec"].replicas, 3);
        assert.equal(setOf(runs!)["metadata"].annotations, undefined);
      });

      it("is not copied, and no restore of it is tried", () => {
        const suspended = (recording: Recording) =>
          recording.all("CronJob").map(({ inputs }) => inputs["spec"].suspend);
        const jobs = engine === "redis" ? 0 : 2;
        assert.deepEqual(suspended(paused!), Array(jobs).fill(true));
        assert.deepEqual(suspended(runs!), Array(jobs).fill(undefined));
        if (jobs === 0) return;
        const variables = (recording: Recording): string[] =>
          recording
            .one("Deployment", "orders-backup-upkeep")
            .inputs["spec"].template.spec.containers.flatMap(({ env = [] }: any) => env)
            .map(({ name, value }: any) => `${name}=${value}`);
        assert.ok(variables(paused!).includes("STATEFUL_PAUSED=true"));
        assert.ok(!variables(runs!).some((one) => one.startsWith("STATEFUL_PAUSED")));
        const { spec } = paused!.one("Deployment", "orders-backup-upkeep").inputs;
        assert.ok(!("replicas" in spec), "how many there are is its own to say");
      });
    });
  }

  it("has no pooler that runs, which could lead nowhere", async () => {
    const pods = async (paused: boolean) =>
      (await made("postgresql", { pooler: {}, paused })).one("Deployment", "orders-pooler").inputs["spec"]
        .replicas;
    assert.deepEqual([await pods(true), await pods(false)], [0, 2]);
  });

  it("has what ends when nothing is due end at once", async () => {
    const did: string[] = [];
    const parts = {
      work: async () => {
        await Promise.resolve(did.push("work"));
      },
      end: async () => {
        await Promise.resolve(did.push("end"));
      },
    };
    await runUpkeep({} as never, {} as never, { STATEFUL_PAUSED: "true" }, parts);
    assert.deepEqual(did, ["end"]);
    await runUpkeep({} as never, {} as never, {}, parts);
    assert.deepEqual(did, ["end", "work", "end"]);
  });

  it("is missed by no alert", () => {
    const wanted = (paused: boolean) =>
      rulesFor("shop", [
        { name: "orders", replicas: 3, paused },
        { name: "carts", replicas: 1 },
      ])[0]!.rules.flatMap(({ record, labels }) => (record === undefined ? [] : [labels?.["database"]]));
    assert.deepEqual(wanted(true), ["carts"]);
    assert.deepEqual(wanted(false), ["orders", "carts"]);
  });

  it("is told to be, with what that costs", () => {
    const redis = engineOf("redis");
    const cache = (paused: boolean) =>
      redis
        .guarantees(redis.resolve({ namespace: "a", replicas: 3, paused, mode: RedisMode.Cache } as never))
        .canBeLost.join();
    assert.match(cache(true), /everything it had, by the pause/);
    assert.doesNotMatch(cache(false), /pause/);

    const summary = {
      ...{ engine: "mysql", version: "8.4", replicas: 3, paused: true, storage: "1Gi", endpoints: [] },
      ...{ secretName: "s", podHosts: [], guarantees: { survives: [], canBeLost: [] } },
    };
    const stack = { namespace: "a", databases: { orders: summary }, applications: {}, schedules: {} };
    assert.match(describeStack(stack as never), /orders +mysql 8\.4 +3, paused/);
  });

  it("is an argument of every engine", () => {
    for (const engine of ENGINE_NAMES) {
      assert.equal(engineOf(engine).resolve({ namespace: "a", paused: true }).paused, true, engine);
    }
  });
});

describe("a pause", () => {
  const template = (image: string, memory = "1Gi") => ({ spec: { containers: [{ image, memory }] } });
  const running = (replicas = 3, image = "mysql:8.4", memory?: string) => ({
    metadata: {},
    spec: { replicas, template: template(image, memory) },
  });
  const paused = (replicas = 3, image = "mysql:8.4", memory?: string) => ({
    metadata: { annotations: { "stateful/paused": String(replicas) } },
    spec: { replicas: 0, template: template(image, memory) },
  });
  const refusal = (...sets: [object, object]) => pauseRefusal("orders", ...sets);

  it("begins and ends by itself: neither the number of members nor their version changes with it", () => {
    for (const sets of [
      [running(), paused()],
      [paused(), running()],
      [paused(), paused()],
      [running(), running(5)],
      [running(), running(3, "mysql:9.7")],
      [{}, {}],
    ] as [object, object][]) {
      assert.equal(refusal(...sets), undefined);
    }
    assert.match(refusal(running(), paused(5)) ?? "", /from 3 to 5 .*Make that change first/);
    assert.match(refusal(paused(), running(1)) ?? "", /from 3 to 1 .*Set it back, remove paused/);
    assert.match(refusal(paused(), paused(5)) ?? "", /from 3 to 5 /);
    assert.match(refusal(running(), paused(3, "mysql:9.7")) ?? "", /from mysql:8\.4 to mysql:9\.7 /);
    assert.match(refusal(paused(), running(3, "mysql:9.7")) ?? "", /image cannot go .*Set it back/);
    assert.match(refusal(paused(), paused(3, "mysql:9.7")) ?? "", /all members would start with it at once/);
  });

  it("lets settings and resources change, also together with it", () => {
    assert.equal(refusal(running(), paused(3, "mysql:8.4", "2Gi")), undefined);
    assert.equal(refusal(paused(), running(3, "mysql:8.4", "2Gi")), undefined);
  });

  it("takes no replicas away", () => {
    assert.equal(scaleRefusal("orders", running(), paused(3, "mysql:8.4", "2Gi")), undefined);
    assert.match(scaleRefusal("orders", paused(5), running(3, "mysql:9.7")) ?? "", /from 5 to 3 together/);
  });
});
