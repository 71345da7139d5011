import * as assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { backupSettings } from "../../../components/backup/settings";
import { isOlder } from "../../../components/common/versions";
import type { FoundTarget } from "../../../agent/backup/look/request";
import { requireRestorable } from "../../../operate/backup/restorable";
import { requireFit, requireNew } from "../../../operate/backup/restore-target";
import { withRestored } from "../../../operate/backup/restored-entry";
import { main } from "../../../operate/cli/restore";
import type { Pod } from "../../../operate/kube/objects";
import { restoreEnds } from "../../../operate/status/restore-ends";
import { FakeKubectl } from "./fake-kubectl";
import { quiet } from "./quiet";

const STACK = `# What everybody needs.
config:
  stateful:target: bare-metal
  stateful:namespace: shop
  stateful:storage: { className: manual, path: /mnt/data, nodes: [a, b, c] }
  stateful:backup: { destination: { s3: { bucket: acme, credentials: { existingSecret: s3 } } } }
  stateful:databases:
    orders:
      engine: mysql # with care
      storage: 5Gi
      exposure: { type: nodePort, nodePort: 30306, sourceRanges: ["203.0.113.0/24"] }
      # its own
      resources: { cpu: "1", memory: 2Gi }

    # The site's.
    carts: { engine: mysql, storage: 1Gi }
`;

describe("a restore, by command", () => {
  describe("the stack file's lines", () => {
    const wanted = { from: "orders", as: "orders-2", time: "2026-11-24T10:15:00Z" };

    it("are those of the other database with restoreFrom, right below it; all else stays, comments too", () => {
      const { text, lines, databases } = withRestored(STACK, "Pulumi.x.yaml", wanted);
      assert.equal(text.replace(`${lines}\n`, ""), STACK);
      assert.ok(text.indexOf("orders-2:") > text.indexOf("memory: 2Gi"));
      assert.ok(text.indexOf("orders-2:") < text.indexOf("# The site's."));
      assert.deepEqual(databases["orders-2"], {
        ...{
          engine: "mysql",
          storage: "5Gi",
          exposure: { type: "nodePort", sourceRanges: ["203.0.113.0/24"] },
          resources: { cpu: "1", memory: "2Gi" },
        },
        restoreFrom: { database: "orders", time: "2026-11-24T10:15:00Z" },
      });
      assert.match(lines, /time: '2026-11-24T10:15:00Z'/);
    });

    it("take what else is asked for, and not what the other one began with", () => {
      const again = withRestored(STACK, "x", wanted).text;
      const more = {
        from: "orders-2",
        as: "orders-3",
        beforeTransaction: "u:7",
        cluster: "c",
        storage: "9Gi",
      };
      const { databases } = withRestored(again, "x", more);
      assert.deepEqual((databases["orders-3"] as any).restoreFrom, {
        ...{ database: "orders-2", cluster: "c", beforeTransaction: "u:7" },
      });
      assert.equal((databases["orders-3"] as any).storage, "9Gi");
    });

    it("are shown to be put in by hand where the file is written in another way", () => {
      for (const text of [
        "config: { stateful:databases: { orders: { engine: mysql, storage: 5Gi } } }\n",
        "config:\n  stateful:databases: { orders: { engine: mysql, storage: 5Gi } }\n",
        "config:\n  stateful:databases:\n    ? orders\n    : { engine: mysql, storage: 5Gi }\n",
      ]) {
        assert.throws(() => withRestored(text, "Pulumi.x.yaml", wanted), /Add this below[\s\S]*restoreFrom:/);
      }
      assert.throws(
        () => withRestored(STACK, "Pulumi.x.yaml", { ...wanted, from: "order" }),
        /no database order\./,
      );
    });

    it("come at the end of a file without a last line break, and below an entry in one line", () => {
      const { text } = withRestored(STACK.trimEnd(), "x", { from: "carts", as: "carts-2" });
      assert.match(text, /storage: 1Gi }\n {4}carts-2:\n {6}engine: mysql\n/);
    });
  });

  describe("what is asked of the cluster beforehand", () => {
    const fresh = { namespace: "shop", name: "orders-2", version: "9.7", storage: "5Gi" };
    const target = (bytes: number, version = "9.7.4"): FoundTarget =>
      ({ neededBytes: bytes, copy: { version } }) as FoundTarget;

    it("is whether a database of the name is there, or its data", async () => {
      await requireNew(new FakeKubectl([]), fresh);
      for (const [kind, name] of [
        ["StatefulSet", "orders-2"],
        ["ConfigMap", "orders-2-bootstrap"],
        ["PersistentVolumeClaim", "data-orders-2-0"],
      ] as const) {
        const there = new FakeKubectl([{ kind, metadata: { name, namespace: "shop" } }]);
        await assert.rejects(requireNew(there, fresh), /Nothing is restored over data/, kind);
      }
    });

    it("is, before a deployment too, whether each new database can begin with what it is to begin with", async () => {
      const backup = { destination: { s3: { bucket: "acme", credentials: { existingSecret: "s3" } } } };
      const args = (more: object) => ({ version: "9.7", storage: "5Gi", backup, ...more });
      const config = {
        namespace: "shop",
        databases: [
          { name: "orders", args: args({}) },
          { name: "late", args: args({ restoreFrom: { database: "orders", time: "2026-11-24T10:15:00Z" } }) },
          { name: "large", args: args({ restoreFrom: { database: "orders" } }) },
          {
            name: "older",
            args: args({ version: "8.4", restoreFrom: { database: "orders", namespace: "site" } }),
          },
          { name: "there", args: args({ restoreFrom: { database: "orders" } }) },
          { name: "elsewhere", args: args({ restoreFrom: { database: "moved" } }) },
          { name: "unknown", args: args({ restoreFrom: { database: "gone" } }) },
        ],
      } as unknown as Parameters<typeof requireRestorable>[1];
      const backedUp = (name: string, namespace: string, bucket = "acme") => [
        { kind: "CronJob", metadata: { name: `${name}-backup`, namespace } },
        {
          kind: "ConfigMap",
          metadata: { name: `${name}-backup`, namespace },
          data: {
            "backup.json": JSON.stringify(
              backupSettings({ destination: { s3: { ...backup.destination.s3, bucket } } }),
            ),
          },
        },
      ];
      const kubectl = new FakeKubectl([
        ...backedUp("orders", "shop"),
        ...backedUp("orders", "site"),
        ...backedUp("moved", "shop", "other"),
        { kind: "StatefulSet", metadata: { name: "there", namespace: "shop" } },
      ]);
      const asked: string[] = [];
      const answers = [{ refused: "it lies in a gap" }, target(6 * 2 ** 30), target(1)];
      let found = "";
      await quiet(async () => {
        await requireRestorable(kubectl, config, async (_, { database, namespace, time }) => {
          asked.push(`${namespace}/${database} ${time ?? "latest"}`);
          return answers[asked.length - 1]!;
        }).catch((error: unknown) => (found = (error as Error).message));
        return 1;
      });
      assert.deepEqual(asked, [
        "shop/orders 2026-11-24T10:15:00Z",
        "shop/orders latest",
        "site/orders latest",
      ]);
      assert.match(found, /databases\.late\.restoreFrom: it lies in a gap/);
      assert.match(found, /databases\.large\.restoreFrom: .* to have 5Gi: give it more/);
      assert.match(found, /databases\.older\.restoreFrom: .*9\.7\.4.*8\.4, which is older/);
      assert.deepEqual(kubectl.changes, []);
    });

    it("is whether it fits, and whether the version can read it", () => {
      requireFit(target(5 * 2 ** 30), fresh);
      assert.throws(() => {
        requireFit(target(5 * 2 ** 30 + 1), fresh);
      }, /take 5\.0 GiB .* have 5Gi: give it more \(storage in the stack file, or --storage\)/);
      assert.throws(() => {
        requireFit(target(1, "9.8.0"), fresh);
      }, /made by version 9\.8\.0.*9\.7, which is older/);
      assert.deepEqual(
        [
          ["9.7", "9.7.4"],
          ["8.4", "9.7.4"],
          ["9.7.3", "9.7.4"],
          ["18", "17.2"],
          ["17", "17.6"],
          ["9", "10"],
          ["x", "9"],
        ].map(([own = "", other = ""]) => isOlder(own, other)),
        [false, true, true, false, false, true, false],
      );
    });
  });

  describe("waiting for it", () => {
    let now = 0;
    const pods = (reason: string, state = "restoring: why not"): Pod[] =>
      [
        {
          metadata: {
            name: "orders-2-0",
            labels: { "app.kubernetes.io/instance": "orders-2" },
            annotations: { "stateful/reason": reason, "stateful/state": state },
          },
        },
      ] as unknown as Pod[];

    it("goes on as long as the copy takes, and ends soon after it has failed twice", () => {
      const ends = restoreEnds("orders-2", () => now);
      for (now = 0; now < 7_200_000; now += 60_000) assert.equal(ends(pods("Restoring")), undefined);
      assert.equal(ends(pods("RestoreFailed", "wait: not restored from orders: no key")), undefined);
      now += 31_000;
      assert.equal(ends(pods("Restoring")), undefined);
      now += 15_000;
      assert.match(
        ends(pods("RestoreFailed", "wait: not restored from orders: no key"))!,
        /orders-2-0: not restored from orders: no key/,
      );
    });

    it("ends after ten minutes where nothing is restored", () => {
      now = 0;
      const ends = restoreEnds("orders-2", () => now);
      now = 599_000;
      assert.equal(ends(pods("MembersMissing")), undefined);
      now = 600_000;
      assert.match(ends(pods("MembersMissing"))!, /not ready after 600 s/);
      assert.match(ends([])!, /not ready/);
    });
  });

  describe("on the command line", () => {
    let directory: string;
    let path: string;
    const before = process.env["PATH"];
    const past = "2026-01-31T10:15:00Z";

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "stateful-restore-"));
      path = join(directory, "Pulumi.mine.yaml");
      writeFileSync(path, STACK);
      // There is no cluster: who asks one fails.
      writeFileSync(
        join(directory, "kubectl"),
        `#!/bin/sh\necho "$*" >>${directory}/told\necho "connection refused" >&2\nexit 1\n`,
      );
      chmodSync(join(directory, "kubectl"), 0o755);
      process.env["PATH"] = [directory, before].join(delimiter);
    });
    afterEach(() => {
      process.env["PATH"] = before;
      rmSync(directory, { recursive: true });
    });

    const mistakes: [args: string[], status: number, said: RegExp][] = [
      [[], 2, /Name one database/],
      [["orders", "carts", "--as", "x"], 2, /Name one database/],
      [["orders"], 2, /--as NAME/],
      [["orders", "--as", "orders"], 2, /has a database of that name/],
      [["ordrs", "--as", "orders-2"], 2, /no database ordrs.*did you mean "orders"/s],
      [["orders", "--as", "Orders_2"], 1, /stateful:databases\.Orders_2/],
      [["orders", "--as", "orders-2", "--time", "yesterday"], 1, /restoreFrom\.time.*2026-01-31T10:15:00Z/s],
      [["orders", "--as", "orders-2", "--time", "2999-01-01T00:00:00Z"], 1, /restoreFrom\.time.*has passed/s],
      [
        [
          "orders",
          "--as",
          "orders-2",
          "--time",
          past,
          "--before-transaction",
          "3f8e4c1a-0000-4000-8000-000000000001:7",
        ],
        1,
        /one of time and beforeTransaction/,
      ],
      [["orders", "--as", "orders-2", "--before-transaction", "7"], 1, /beforeTransaction/],
      [["orders", "--as", "orders-2", "--cluster", "old"], 1, /restoreFrom\.cluster/],
      [["orders", "--as", "orders-2", "--storage", "much"], 1, /orders-2\.storage/],
      [["orders", "--as", "carts"], 2, /has a database of that name/],
    ];
    for (const [args, expected, said] of mistakes) {
      it(`names mistakes before any cluster is asked: restore ${args.join(" ")}`, async () => {
        const { status, err } = await quiet(() => main([...args, "--stack", path, "--apply", "--yes"]));
        assert.equal(status, expected, err);
        assert.match(err, said);
        assert.equal(readFileSync(path, "utf8"), STACK);
        assert.throws(() => readFileSync(join(directory, "told")));
      });
    }

    it("says that there is no cluster, and has changed nothing", async () => {
      const { status, err } = await quiet(() =>
        main(["orders", "--as", "orders-2", "--stack", path, "--apply", "--yes"]),
      );
      assert.equal(status, 1);
      assert.match(err, /connection refused/);
      assert.equal(readFileSync(path, "utf8"), STACK);
    });
  });
});
