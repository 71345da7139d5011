import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../../operate/cli/backup";
import { ageOf, momentOf, sizeOf } from "../../../operate/words/spans";
import { describeListing, describeVerdict } from "../../../operate/backup/describe";
import { type CronJob, jobNow, lookJob } from "../../../operate/backup/job-manifest";
import { look } from "../../../operate/backup/look";
import { Kubectl, KubectlError } from "../../../operate/kube/kubectl";
import { runProgram } from "../../../render/program";
import { placeholders } from "../../../render/secrets";
import { readStackFile } from "../../../render/stack-file";
import { stackOf } from "./project";
import { quiet } from "./quiet";

/** A stack whose database has a backup. */
const ORDERS = stackOf(
  "orders: { engine: mysql, storage: 5Gi, backup: { destination: { s3: { bucket: acme, credentials: { existingSecret: s3 } } } } }",
);

let project: string;

function stackFile(): string {
  const path = join(project, "Pulumi.mine.yaml");
  writeFileSync(path, ORDERS);
  return path;
}

/** The CronJob as a stack is rendered with it. */
async function rendered(): Promise<CronJob> {
  const file = stackFile();
  const { objects } = await runProgram(readStackFile(file, ".", placeholders), placeholders);
  return objects.find(({ kind }) => kind === "CronJob") as unknown as CronJob;
}

/** A cluster that runs Jobs: what each says, and how it ends, is told beforehand. */
class JobCluster extends Kubectl {
  readonly created: any[] = [];
  readonly deleted: string[] = [];
  rounds = 0;
  /** The log at each round, and whether it is over. */
  plan: { log?: string; over?: "Complete" | "Failed"; pod?: object; events?: object[] }[] = [];

  constructor(private readonly cronJob: CronJob | undefined) {
    super();
  }

  override async run(args: string[], input = ""): Promise<string> {
    const [verb, kind = "", name = ""] = args;
    if (verb === "create") {
      this.created.push(JSON.parse(input));
      return "";
    }
    if (verb === "delete") {
      this.deleted.push(`${kind} ${name}`);
      return "";
    }
    const now = this.plan[Math.min(this.rounds, this.plan.length - 1)] ?? {};
    if (verb === "logs") {
      if (now.log === undefined) throw new KubectlError(args, "container is waiting to start");
      return now.log;
    }
    if (kind === "cronjob") {
      if (!this.cronJob)
        throw new KubectlError(args, 'Error from server (NotFound): "orders-backup" not found');
      return JSON.stringify(this.cronJob);
    }
    if (kind === "job") {
      this.rounds++;
      const after = this.plan[Math.min(this.rounds, this.plan.length - 1)] ?? {};
      const conditions = after.over
        ? [{ type: after.over, status: "True", reason: "BackoffLimitExceeded" }]
        : [];
      return JSON.stringify({ kind: "Job", metadata: { name }, status: { conditions } });
    }
    if (kind === "pods") {
      return JSON.stringify({ items: [{ metadata: { name: "pod" }, status: {}, spec: {}, ...now.pod }] });
    }
    return JSON.stringify({ items: now.events ?? [] });
  }
}

const line = (fields: object): string => `${JSON.stringify(fields)}\n`;

describe("backups, by commands", () => {
  before(() => {
    project = mkdtempSync(join(tmpdir(), "stateful-backup-"));
  });
  after(() => {
    rmSync(project, { recursive: true });
  });

  describe("a Job that looks", () => {
    it("has the store's account and key, and neither the server nor its volume", async () => {
      const { spec } = lookJob(await rendered(), { what: "list" }) as any;
      const { containers, initContainers, volumes } = spec.template.spec;
      assert.deepEqual(
        initContainers.map(({ name }: any) => name),
        ["restic"],
      );
      const [agent] = containers;
      const env = Object.fromEntries(agent.env.map(({ name, value }: any) => [name, value]));
      assert.equal(env["STATEFUL_MODE"], "look");
      assert.deepEqual(JSON.parse(env["STATEFUL_LOOK"]), { what: "list" });
      assert.equal(agent.env.filter(({ name }: any) => name === "STATEFUL_MODE").length, 1);
      const names = volumes.map(({ name }: any) => name);
      assert.ok(names.includes("backup") && !names.includes("data"), names.join());
      const mounts = agent.volumeMounts.map(({ name }: any) => name);
      assert.deepEqual(
        mounts.filter((name: string) => !names.includes(name)),
        [],
      );
      assert.equal(spec.backoffLimit, 0);
      assert.equal(agent.resources.requests.memory, "128Mi");
    });

    it("has a name of its own each time, which is not too long for the longest database", async () => {
      const cronJob = await rendered();
      const [one, other] = [1, 2].map(() => lookJob(cronJob, { what: "verify", percent: 5 }).metadata.name);
      assert.notEqual(one, other);
      cronJob.metadata.name = `${"a".repeat(45)}-backup`;
      assert.ok(jobNow(cronJob).metadata.name.length <= 63);
      assert.ok(lookJob(cronJob, { what: "delete", copy: "abcdef12" }).metadata.name.length <= 63);
    });

    it("is tried once by hand, though the CronJob tries for an hour", async () => {
      const { spec, metadata } = jobNow(await rendered()) as any;
      assert.equal(spec.backoffLimit, 0);
      assert.equal(metadata.annotations["cronjob.kubernetes.io/instantiate"], "manual");
      assert.ok(spec.template.spec.volumes.some(({ name }: any) => name === "data"));
    });
  });

  describe("having the store asked", () => {
    const place = { namespace: "shop", database: "orders" };
    const ask = async (cluster: JobCluster, lines: string[] = []) =>
      look(cluster, place, { what: "list" }, (one) => lines.push(one));

    it("tells what the Job says, hands on what came out, and leaves nothing behind", async () => {
      const cluster = new JobCluster(await rendered());
      const said = line({ level: "info", message: "looking", objects: 3 });
      cluster.plan = [
        {},
        { log: said },
        { log: `${said}{"resu` },
        { log: said + line({ result: { what: "list", listing: 7 } }), over: "Complete" },
      ];
      const lines: string[] = [];
      assert.deepEqual(await ask(cluster, lines), { what: "list", listing: 7 });
      assert.equal(lines.filter((one) => one.includes("looking (objects 3)")).length, 1);
      assert.deepEqual(cluster.deleted, [`job ${cluster.created[0].metadata.name}`]);
    }).timeout(10_000);

    it("says why it failed, with what to do, and still leaves nothing behind", async () => {
      const cluster = new JobCluster(await rendered());
      const log = line({ level: "error", message: "there is no bucket acme", advice: "make it" });
      cluster.plan = [{ log, over: "Failed" }];
      await assert.rejects(
        ask(cluster),
        /could not be looked at: there is no bucket acme\n {2}to do: make it/,
      );
      assert.equal(cluster.deleted.length, 1);
    });

    it("is refused where the database has no backup, before anything is made", async () => {
      const cluster = new JobCluster(undefined);
      await assert.rejects(ask(cluster), /no CronJob orders-backup: orders is not deployed with a backup/);
      assert.deepEqual(cluster.created, []);
    });

    it("names a container that ran out of memory", async () => {
      const cluster = new JobCluster(await rendered());
      const state = { terminated: { reason: "OOMKilled", exitCode: 137 } };
      cluster.plan = [{ over: "Failed", pod: { status: { containerStatuses: [{ name: "agent", state }] } } }];
      await assert.rejects(ask(cluster), /agent ran out of memory/);
    });

    it("knows a program that is another version", async () => {
      const cluster = new JobCluster(await rendered());
      cluster.plan = [{ log: line({ level: "info", message: "done" }), over: "Complete" }];
      await assert.rejects(ask(cluster), /another version/);
    });
  });

  describe("what is stored, in words", () => {
    const at = Date.parse("2026-11-26T12:00:00Z");
    const life = {
      life: 1,
      copies: [
        {
          reference: "abcdef1234567890",
          started: at - 7_260_000,
          finished: at - 7_200_000,
          bytes: 5 * 2 ** 30,
          source: "2",
          version: "9.7.4",
          position: `u:1-${"9".repeat(80)}`,
        },
      ],
      windows: [{ from: at - 14 * 86_400_000, to: at - 6_000 }],
      gaps: [{ from: at - 9_000_000, to: at - 8_000_000, why: "given up" }],
      drills: [{ at: at - 3_600_000, good: false, seconds: 5, why: "the copy does not start" }],
      logBytes: 2048,
      problems: ["something is missing"],
    };
    const listing = {
      ...{ at, namespace: "shop", database: "orders", running: "c2", destination: "s3://acme" },
      ...{ retentionSeconds: 14 * 86_400, recoveryPointSeconds: 10 },
      clusters: [
        { cluster: "c1", lives: [], unreadable: "another key" },
        { cluster: "c2", lives: [life, { ...life, life: 1 }] },
      ],
    };

    it("begins with the cluster that runs, and tells windows, gaps, drills and what is wrong", () => {
      const text = describeListing(listing);
      assert.ok(text.indexOf("c2, which runs") < text.indexOf("c1, which was there before"));
      assert.match(text, /restorable {6}2026-11-12T12:00:00Z to 2026-11-26T11:59:54Z {2}\(14 d … 6 s ago\)/);
      assert.match(text, /not restorable {2}2026-11-26T09:30:00Z to .*: given up/);
      assert.match(text, /FAILED: the copy does not start/);
      assert.match(text, /✗ something is missing/);
      assert.match(text, /abcdef123456 .* 60 s .*5\.0 GiB .*member 2/);
      assert.match(text, /it cannot be read: another key/);
      assert.match(describeListing({ ...listing, clusters: [] }), /Nothing is stored yet/);
    });

    it("says what a missing object costs", () => {
      const verdict = { at, cluster: "c", life: 1, objects: 9, read: 9, copies: 2, problems: [] };
      const loss = { object: "log/a", why: "it is not there", from: at, to: at + 60_000 };
      assert.match(
        describeVerdict({ ...verdict, losses: [loss] }),
        /no moment from 2026-11-26T12:00:00Z to 2026-11-26T12:01:00Z can be restored/,
      );
      assert.match(
        describeVerdict({ ...verdict, losses: [{ object: "log/a", why: "", from: at }] }),
        /to the next full copy: make one now/,
      );
      assert.match(describeVerdict({ ...verdict, losses: [] }), /All is there/);
    });

    it("writes spans, sizes and moments as people do", () => {
      assert.deepEqual(
        [0, 6_400, 119_000, 121_000, 3 * 3_600_000, 47 * 3_600_000, 14 * 86_400_000].map(ageOf),
        ["0 s", "6 s", "119 s", "2 min", "3 h", "47 h", "14 d"],
      );
      assert.deepEqual([0, 1, 1023, 1024, 5 * 2 ** 30].map(sizeOf), [
        "0 B",
        "1 B",
        "1023 B",
        "1.0 KiB",
        "5.0 GiB",
      ]);
      assert.equal(momentOf(at + 123), "2026-11-26T12:00:00Z");
    });
  });

  describe("mistakes on the command line", () => {
    const mistakes: [args: string[], said: RegExp][] = [
      [[], /Say what to do: one of now, list, verify, drill, delete/],
      [["lst"], /Say what to do/],
      [["list", "a", "b"], /One database at a time/],
      [["now", "--json"], /--json is for list and verify alone/],
      [["verify", "--sample", "many"], /--sample many/],
      [["verify", "--sample", "101"], /from 0 to 100/],
      [["delete"], /one of --copy ID and --cluster UUID/],
      [["delete", "--copy", "a", "--cluster", "b"], /one of --copy ID and --cluster UUID/],
      [["delete", "--copy", "../x"], /8 or more digits/],
      [["list", "--copy", "abcdef12"], /--copy is for delete alone/],
      [["list", "nobodys"], /has no database nobodys/],
    ];
    for (const [args, said] of mistakes) {
      it(`are named before any cluster is asked: ${["backup", ...args].join(" ")}`, async () => {
        const { status, err } = await quiet(() => main(args));
        assert.equal(status, 2);
        assert.match(err, said);
      });
    }

    it("is not the database's name: nothing is deleted", async () => {
      const args = [
        "delete",
        "orders",
        "--stack",
        stackFile(),
        "--copy",
        "abcdef12",
        "--confirm",
        "order",
        "--local",
      ];
      const { status, err } = await quiet(() => main(args));
      assert.equal(status, 2);
      assert.match(err, /not its name\. Nothing was deleted/);
    });
  });
});
