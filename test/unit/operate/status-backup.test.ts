import assert from "node:assert/strict";
import { longestInterval } from "../../../components/common/cron";
import { backupsBegin } from "../../../operate/status/backup-begins";
import { observeBackup } from "../../../operate/status/backup-observed";
import type { Observed } from "../../../operate/status/observe";
import { describeStatus, statusOf } from "../../../operate/status/status";
import { KubectlError } from "../../../operate/kube/kubectl";
import { FakeKubectl } from "./fake-kubectl";
import { observed } from "./observed";

const DAY = 86_400_000;

describe("status of backups", () => {
  let seen: Observed & Record<string, any>;
  let now: number;
  const ago = (ms: number): string => new Date(now - ms).toISOString();
  const part = { "app.kubernetes.io/instance": "orders", "app.kubernetes.io/component": "backup" };

  beforeEach(() => {
    seen = observed("healthy") as typeof seen;
    now = Date.parse(seen.at);
    seen.databases = seen.databases.map((one) => ({ ...one, backup: true }));
    seen.backups = {
      orders: {
        cronJob: cronJob(),
        copies: {
          ...{ at: now - DAY / 2, cluster: "c", life: 1, copies: 15, problems: [] },
          last: { finished: now - DAY / 2, seconds: 60, bytes: 1, version: "9.7", source: "2" },
          windows: [{ from: now - 14 * DAY, to: now - DAY / 2 }],
        },
        missingSecrets: [],
      },
    };
    seen.jobs = [];
    annotate("stateful/restorable", ago(6_000));
  });

  function cronJob(): any {
    return {
      metadata: { name: "orders-backup", creationTimestamp: ago(30 * DAY) },
      spec: { schedule: "30 2 * * *", jobTemplate: { spec: { template: { spec: {} } } } },
    };
  }

  function annotate(key: string, value: string | undefined): void {
    const primary = seen.pods.find(({ metadata }) => metadata.name === "orders-0")!;
    const others = Object.entries(primary.metadata.annotations!).filter(([one]) => one !== key);
    primary.metadata.annotations = Object.fromEntries([
      ...others,
      ...(value === undefined ? [] : [[key, value]]),
    ]);
  }

  function job(name: string, status: object, started = 60_000): any {
    const metadata = { name, uid: `uid of ${name}`, labels: part, creationTimestamp: ago(started) };
    seen.jobs!.push({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata,
      status: { startTime: ago(started), ...status },
    });
    return metadata;
  }

  function podOf(owner: any, status: object, created = 90_000): void {
    const metadata = {
      ...{ name: `${owner.name}-x`, namespace: "shop", uid: "p", creationTimestamp: ago(created) },
      labels: { ...part, "app.kubernetes.io/name": "mysql-backup" },
      ownerReferences: [{ kind: "Job", name: owner.name, uid: owner.uid }],
    };
    seen.pods.push({ apiVersion: "v1", kind: "Pod", metadata, spec: {}, status });
  }

  const text = (): string => describeStatus(statusOf(seen));
  const FAILED = {
    failed: 1,
    conditions: [{ type: "Failed", status: "True", message: "the Job has reached its limit" }],
  };
  const terminated = (message: string, reason = "Error"): object => ({
    phase: "Failed",
    containerStatuses: [{ name: "agent", state: { terminated: { exitCode: 1, reason, message } } }],
  });

  it("shows which moments can be restored, and all is well", () => {
    assert.match(text(), /USED +RESTORABLE +LAST EVENT/);
    assert.match(text(), /orders-0 .* 14 d … 6 s +-/);
    assert.match(text(), /All is well/);
    assert.equal(statusOf(seen).databases[0]!.restorable, "14 d … 6 s");
  });

  it("says of a database without one that it has none; that is no illness", () => {
    seen.databases = seen.databases.map((one) => ({ ...one, backup: false }));
    seen.backups = { orders: { missingSecrets: [] } };
    annotate("stateful/restorable", undefined);
    assert.match(text(), /orders-0 .* none +-/);
    assert.match(text(), /· orders: it has no backup: [\s\S]*backup in the stack file[\s\S]*All is well/);
  });

  it("does not ask for one where its engine has none", () => {
    seen.databases = seen.databases.map((one) => ({ ...one, engine: "redis", backup: "none" as const }));
    seen.backups = { orders: { missingSecrets: [] } };
    assert.match(text(), /it has no backup: [\s\S]*copy it by redis's own means/);
    assert.doesNotMatch(text(), /backup in the stack file/);
  });

  it("does not say none where it may not look", () => {
    seen.backups = {};
    seen.unavailable = { backups: "cronjobs.batch is forbidden" };
    assert.match(text(), /orders-0 .* unknown +-/);
    assert.match(text(), /could not look at backups: cronjobs\.batch is forbidden/);
  });

  it("says that one is wanted and not deployed", () => {
    seen.backups = { orders: { missingSecrets: [] } };
    assert.match(text(), /✗ orders: it is to have a backup, and none is deployed\n {2}to do: npm run up/);
  });

  it("does not take what makes backups for a stranger among the members", () => {
    podOf(job("orders-backup-first", { succeeded: 1, completionTime: ago(5_000) }), { phase: "Succeeded" });
    seen.deployments.push({
      ...seen.deployments[0]!,
      metadata: { ...seen.deployments[0]!.metadata, name: "orders-backup-upkeep", labels: part },
    });
    assert.match(text(), /All is well/);
    assert.doesNotMatch(text(), /orders-backup/);
  });

  it("still names a pod that bears a member's labels, whatever part it says it is", () => {
    podOf(job("orders-backup-x", {}), { phase: "Running" });
    seen.pods.at(-1)!.metadata.labels!["app.kubernetes.io/name"] =
      seen.sets[0]!.metadata.labels!["app.kubernetes.io/name"]!;
    assert.match(text(), /bears the labels of the database orders/);
  });

  it("says why a full copy failed, in its agent's words and with its advice", () => {
    const said = `${JSON.stringify({ level: "info", message: "copying" })}\n${JSON.stringify({ level: "error", message: "there is no bucket acme", advice: "make it" })}\n`;
    podOf(job("orders-backup-29000", FAILED), terminated(said));
    assert.match(text(), /✗ orders: its full copy failed: there is no bucket acme\n {2}to do: make it/);
  });

  it("says that one fails while it is tried again, and no more once one succeeded", () => {
    const owner = job("orders-backup-29000", { failed: 2, active: 1 });
    podOf(owner, terminated("", "OOMKilled"));
    assert.match(
      text(),
      /its full copy fails, and is tried again: it ran out of memory\n {2}to do: raise backup\.limits\.memory/,
    );
    job("orders-backup-29001", { succeeded: 1, completionTime: ago(1_000) }, 30_000);
    assert.match(text(), /All is well/);
  });

  it("names a drill that failed beside a copy that succeeded", () => {
    podOf(job("orders-drill-1", FAILED), terminated(`{"level":"error","message":"position differs"}\n`));
    job("orders-backup-2", { succeeded: 1, completionTime: ago(1_000) }, 30_000);
    assert.match(text(), /its restore drill failed: position differs/);
  });

  it("does not say again what the primary says, nor of looks by hand", () => {
    const said = '{"level":"error","message":"there is no bucket acme"}\n';
    podOf(job("orders-backup-29000", FAILED), terminated(said));
    annotate(
      "stateful/notices",
      '[{"severity":"problem","text":"the full copy failed: there is no bucket acme"}]',
    );
    assert.equal(text().split("there is no bucket acme").length, 2);
    seen.jobs![0]!.metadata.labels = { ...part, "stateful/look": "list" };
    annotate("stateful/notices", undefined);
    assert.match(text(), /All is well/);
  });

  it("says once that one failed, though Job and primary have other words for it, and a later failure again", () => {
    podOf(job("orders-drill-1", FAILED), terminated('{"level":"error","message":"the drill failed"}\n'));
    const notice = (at: number): void => {
      const told = `the last restore drill of 2026-11-24T10:15:00.000Z failed (${ago(at)}): position differs`;
      annotate("stateful/notices", JSON.stringify([{ severity: "problem", text: told }]));
    };
    notice(30_000);
    assert.match(text(), /position differs/);
    assert.doesNotMatch(text(), /its restore drill failed/);
    notice(90_000);
    assert.match(text(), /its restore drill failed: the drill failed/);
    podOf(job("orders-backup-1", FAILED), terminated('{"level":"error","message":"no room"}\n'));
    notice(30_000);
    assert.match(text(), /its full copy failed: no room/);
  });

  it("says what keeps a Job from beginning, after a minute", () => {
    const waiting = { reason: "CreateContainerConfigError", message: 'secret "s3-writer" not found' };
    podOf(job("orders-backup-29000", { active: 1 }), {
      phase: "Pending",
      containerStatuses: [{ name: "agent", state: { waiting } }],
    });
    assert.match(
      text(),
      /the Job orders-backup-29000 of the backup does not begin: CreateContainerConfigError: secret "s3-writer" not found/,
    );
    seen.pods.at(-1)!.metadata.creationTimestamp = ago(20_000);
    assert.match(text(), /All is well/);
  });

  it("says after two intervals that no copy was made, also where none ever was", () => {
    const { copies } = seen.backups!["orders"]!;
    copies!.last!.finished = now - 1.9 * DAY;
    assert.match(text(), /All is well/);
    copies!.last!.finished = now - 2.1 * DAY;
    assert.match(
      text(),
      /its last full copy was made 2 d ago, though one is due every 24 h\n.*npm run backup -- now orders/,
    );
    delete seen.backups!["orders"]!.copies;
    assert.match(text(), /no full copy of it was ever made, in 30 d/);
    assert.match(text(), /orders-0 .* no copy yet/);
    seen.backups!["orders"]!.cronJob!.status = { lastSuccessfulTime: ago(DAY) };
    assert.match(text(), /orders-0 .* \? … 6 s/);
    assert.match(text(), /All is well/);
    seen.backups!["orders"]!.cronJob!.spec.suspend = true;
    assert.match(text(), /· orders: its full copies are suspended/);
  });

  it("says when the primary is silent about it, unless it says why", () => {
    annotate("stateful/restorable", ago(12 * 60_000));
    // The last copy held more than was said since.
    assert.match(text(), /nobody has said for 12 min that what is committed is in the backup/);
    assert.match(text(), /14 d … 12 min/);
    const said = "nothing has been stored in the backup since 2026-11-26T07:00:00Z: nobody answers";
    annotate("stateful/notices", JSON.stringify([{ severity: "problem", text: said }]));
    assert.doesNotMatch(text(), /nobody has said/);
    assert.match(text(), /✗ orders-0: nothing has been stored in the backup since/);
  });

  it("says that the key is lost before anybody restarts what still has it", () => {
    seen.backups!["orders"]!.missingSecrets = [
      { name: "orders-backup-key", keys: ["encryption-key"] },
      { name: "s3-writer", keys: ["access-key-id", "secret-access-key"] },
    ];
    assert.match(text(), /✗ orders: the Secret orders-backup-key with the key of its backups is gone/);
    assert.match(text(), /exec orders-0 -c agent -- cat \/etc\/stateful\/backup\/encryption-key/);
    assert.match(
      text(),
      /✗ orders: the Secret s3-writer .* not there\n.*access-key-id and secret-access-key/,
    );
  });

  it("tells what the last copy found wrong with what is stored", () => {
    seen.backups!["orders"]!.copies!.problems = [
      "something that was stored is not in the catalogue any more",
    ];
    assert.match(text(), /✗ orders: something that was stored .*\n.*npm run backup -- verify orders/);
  });

  it("says which Secrets are not there, without asking for a value, and nothing of what one may not see", async () => {
    const sources = [
      { secret: { name: "orders-backup-key", items: [{ key: "encryption-key" }] } },
      { secret: { name: "other-key", optional: true, items: [{ key: "encryption-key" }] } },
      { secret: { name: "s3-writer", items: [{ key: "access-key-id" }] } },
      { configMap: { name: "orders-backup" } },
    ];
    const spec = {
      jobTemplate: {
        spec: { template: { spec: { volumes: [{ name: "backup", projected: { sources } }] } } },
      },
    };
    const kubectl = new FakeKubectl([
      { kind: "CronJob", metadata: { name: "orders-backup", namespace: "shop" }, spec },
      {
        kind: "ConfigMap",
        metadata: { name: "orders-backups", namespace: "shop" },
        data: { "copies.json": "nonsense" },
      },
      { kind: "Secret", metadata: { name: "s3-writer", namespace: "shop" } },
    ]);
    const { missingSecrets, copies } = await observeBackup(kubectl, "shop", "orders");
    assert.deepEqual(missingSecrets, [{ name: "orders-backup-key", keys: ["encryption-key"] }]);
    assert.equal(copies, undefined);
    const run = kubectl.run.bind(kubectl);
    kubectl.run = async (args) => {
      if (args[1] === "secret")
        throw new KubectlError(args, "Error from server (Forbidden): secrets is forbidden");
      return await run(args);
    };
    assert.deepEqual((await observeBackup(kubectl, "shop", "orders")).missingSecrets, []);
    assert.deepEqual(await observeBackup(new FakeKubectl([]), "shop", "orders"), { missingSecrets: [] });
  });

  it("is waited for at the end of a deployment: until something is stored, or it is said why not", async () => {
    const config = { namespace: "shop", databases: [{ name: "orders", args: { backup: {} } }] } as never;
    const pod = (annotations: object) => ({
      kind: "Pod",
      metadata: {
        ...{ name: "orders-0", namespace: "shop", annotations },
        labels: { "app.kubernetes.io/instance": "orders", "app.kubernetes.io/part-of": "stateful" },
      },
    });
    const took = async (annotations: object, wanted = config): Promise<number> => {
      const began = performance.now();
      await backupsBegin(new FakeKubectl([pod(annotations)]), wanted, { withinSeconds: 0.2, every: 10 });
      return performance.now() - began;
    };
    assert.ok((await took({ "stateful/restorable": "2026-11-26T07:00:00.000Z" })) < 150);
    assert.ok(
      (await took({ "stateful/notices": '[{"text":"nothing has been stored in the backup"}]' })) < 150,
    );
    assert.ok(
      (await took({}, { namespace: "shop", databases: [{ name: "orders", args: {} }] } as never)) < 150,
    );
    assert.ok((await took({ "stateful/restorable": "" })) >= 200);
    assert.ok((await took({ "stateful/notices": '[{"text":"a certificate ends"}]' })) >= 200);
  });

  it("knows the longest time between two copies of any schedule", () => {
    const hours = (cron: string): number | undefined => {
      const found = longestInterval(cron);
      return found === undefined ? undefined : found / 3_600_000;
    };
    assert.equal(hours("30 2 * * *"), 24);
    assert.equal(hours("0 */6 * * *"), 6);
    assert.equal(hours("0 1,3 * * *"), 22);
    assert.equal(hours("0 0 * * 1-5"), 72);
    assert.equal(hours("0 0 1 * *"), 31 * 24);
    assert.equal(hours("0 0 1 * 1"), 7 * 24);
    assert.equal(hours("*/30 * * * *"), 0.5);
    assert.equal(hours("0 0 31 2 *"), undefined);
    assert.equal(hours("@daily"), 24);
    assert.equal(hours("@reboot"), undefined);
  });
});
