import assert from "node:assert/strict";
import { lackOf } from "../../../operate/status/readiness";
import { backupsBegin } from "../../../operate/status/backup-begins";
import type { Observed } from "../../../operate/status/observe";
import { describeStatus, statusOf } from "../../../operate/status/status";
import { MYSQL_TOPOLOGY } from "../../../components/mysql/topology";
import { observed } from "./observed";

/** The healthy database of three, after its set was scaled to none. */
function stopped(change: (seen: Observed & Record<string, any>) => void = () => undefined): Observed {
  const seen = observed("healthy") as Observed & Record<string, any>;
  const [set] = seen.sets;
  set!.spec.replicas = 0;
  set!.status = { observedGeneration: set!.metadata.generation ?? 0 };
  seen.pods = seen.pods.filter(({ metadata }) => !metadata.name.startsWith("orders-"));
  seen.reports = {};
  change(seen);
  return seen;
}

const paused = (change: (seen: Observed & Record<string, any>) => void = () => undefined): Observed =>
  stopped((seen) => {
    seen.databases = seen.databases.map((one) => ({ ...one, paused: true }));
    seen.sets[0]!.metadata.annotations = { "stateful/paused": "3" };
    change(seen);
  });

describe("status of a database that is stopped", () => {
  it("is paused, and no problem", () => {
    const status = statusOf(paused());
    assert.equal(status.healthy, true);
    assert.equal(status.databases[0]!.stopped, 3);
    const text = describeStatus(status);
    assert.match(text, /orders \(mysql\): stopped, with the data of 3 members\n/);
    assert.match(text, /· orders: it is paused: nobody can use it.*\n {2}to do: to go on: remove paused/);
    assert.match(text, /All is well\.$/);
    assert.doesNotMatch(text, /primary|there is no such pod|not deployed/);
  });

  it("says what still stops", () => {
    const text = describeStatus(
      statusOf(paused((seen) => (seen.pods = observed("healthy").pods.slice(0, 2)))),
    );
    assert.match(text, /· orders: it is being paused: \d of its pods still stop/);
    assert.match(text, /orders-0 +node1/);
  });

  it("keeps an eye on its volumes and on the key of its backups, and misses no copies", () => {
    const text = describeStatus(
      statusOf(
        paused((seen) => {
          seen.databases = seen.databases.map((one) => ({ ...one, backup: true }));
          seen.claims[0]!.status = { phase: "Lost" };
          const cronJob = {
            metadata: { name: "orders-backup", creationTimestamp: "2020-01-01T00:00:00Z" },
            spec: { schedule: "30 2 * * *", suspend: true },
          };
          const missingSecrets = [{ name: "orders-backup-key", keys: ["encryption-key"] }];
          seen.backups = { orders: { cronJob, missingSecrets } } as never;
        }),
      ),
    );
    assert.match(text, /✗ data-orders-\d: its PersistentVolume .* was deleted/);
    assert.match(text, /✗ orders: the Secret orders-backup-key with the key of its backups is gone/);
    assert.doesNotMatch(text, /suspended|full copy/);
  });

  it("tells what the stack file has otherwise", () => {
    const says = (seen: Observed) => {
      const status = statusOf(seen);
      assert.equal(status.healthy, false);
      return describeStatus(status);
    };
    const gone = stopped((seen) => (seen.sets[0]!.metadata.annotations = { "stateful/paused": "3" }));
    assert.match(says(gone), /✗ orders: it is paused, and the stack file does not have it so\n.*npm run up/);
    const running = observed("healthy");
    running.databases = running.databases.map((one) => ({ ...one, paused: true }));
    assert.match(says(running), /✗ orders: it is to be paused, and runs\n.*npm run up/);
    const byHand = says(stopped());
    assert.match(byHand, /✗ orders: somebody has stopped it: its StatefulSet is scaled to none/);
    assert.match(byHand, /scale statefulset orders --replicas=3; or write paused: true/);
  });

  it("is as it should be when its pods are gone", () => {
    const [set] = paused().sets;
    assert.equal(lackOf(set!, [], MYSQL_TOPOLOGY), undefined);
    set!.status = { ...set!.status, replicas: 2 };
    assert.equal(lackOf(set!, [], MYSQL_TOPOLOGY)?.text, "2 of its pods still stop");
  });

  it("is not waited for to store anything", async () => {
    let asked = 0;
    const kubectl = { list: () => Promise.resolve((asked++, [])) };
    const args = (pause: boolean) => ({
      backup: { destination: { volume: { claim: "c" } } },
      ...(pause ? { paused: true } : {}),
    });
    const config = (pause: boolean) => ({
      namespace: "a",
      databases: [{ name: "orders", args: args(pause) }],
    });
    await backupsBegin(kubectl as never, config(true) as never, { withinSeconds: 0 });
    assert.equal(asked, 0);
    await backupsBegin(kubectl as never, config(false) as never, { withinSeconds: 0 });
    assert.equal(asked, 1);
  });
});
