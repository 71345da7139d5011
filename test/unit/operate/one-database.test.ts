import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { main } from "../../../operate/cli/main";
import { ENGINE_NAMES, engineOf } from "../../../stacks/engines";

/** A cluster as these commands look at it, played by a program on the PATH. */
const KUBECTL = `#!/usr/bin/env node
const fs = require("node:fs"), path = require("node:path");
const state = path.join(__dirname, "state.json");
const { primary, ready, replicas = 3, unstarted } = JSON.parse(fs.readFileSync(state));
const args = process.argv.slice(2).filter((arg) => !arg.startsWith("--context"));
fs.appendFileSync(path.join(__dirname, "told"), args.join(" ") + "\\n");
const pod = (n) => ({
  kind: "Pod",
  metadata: { name: "orders-" + n, ownerReferences: [{ kind: "StatefulSet", uid: "u" }], labels: { "app.kubernetes.io/instance": "orders", role: n === primary ? "primary" : "replica" } },
  spec: {},
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }], containerStatuses: [] },
});
const set = {
  kind: "StatefulSet",
  metadata: { name: "orders", uid: "u", generation: 1, labels: { "app.kubernetes.io/instance": "orders" } },
  spec: { replicas, template: { spec: {
    containers: [{ name: "mysql", image: "example.org/mysql:9" }],
    imagePullSecrets: [{ name: "registry" }],
    volumes: [{ name: "tls", secret: { secretName: "orders-tls" } }],
  } } },
  status: { observedGeneration: 1, replicas: 3, readyReplicas: ready, availableReplicas: 3, updatedReplicas: 3, currentRevision: "a", updateRevision: "a" },
};
const line = args.join(" ");
if (line.includes("current-context")) console.log("test");
else if (line.startsWith("get statefulset ")) console.log(JSON.stringify(set));
else if (line.startsWith("get ")) console.log(JSON.stringify({ items: [set, pod(0), pod(1), pod(2)].filter((one) => line.includes(one.kind.toLowerCase())) }));
else if (line.startsWith("create ")) fs.writeFileSync(path.join(__dirname, "created"), fs.readFileSync(0));
else if (line.startsWith("wait ") && unstarted) { console.error("error: timed out waiting for the condition"); process.exit(1); }
else if (line.startsWith("exec ")) process.exit(7);
else if (line.startsWith("delete pod")) fs.writeFileSync(state, JSON.stringify({ primary: (primary + 1) % 3, ready }));
`;

describe("a command on one database", () => {
  const before = process.env["PATH"];
  let directory: string;

  const STACK = `config:
  stateful:target: bare-metal
  stateful:databases:
    orders: { engine: mysql, replicas: 3 }
`;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stateful-one-"));
    process.env["PATH"] = [directory, before].join(delimiter);
    writeFileSync(join(directory, "kubectl"), KUBECTL);
    chmodSync(join(directory, "kubectl"), 0o755);
    writeFileSync(join(directory, "Pulumi.one.yaml"), STACK);
    writeFileSync(join(directory, "Pulumi.two.yaml"), `${STACK}    events: { engine: postgresql }\n`);
    is({ primary: 1, ready: 3 });
  });

  afterEach(() => {
    process.env["PATH"] = before;
    rmSync(directory, { recursive: true });
  });

  const is = (state: { primary: number; ready: number; replicas?: number; unstarted?: boolean }) => {
    writeFileSync(join(directory, "state.json"), JSON.stringify(state));
  };
  const told = () => {
    const file = join(directory, "told");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  };
  const changes = () => told().filter((line) => /^(delete|rollout|apply|patch)/.test(line));

  async function run(command: string, stack: string, ...args: string[]) {
    const { log, error } = console;
    let said = "";
    console.log = (text: string) => (said += `${text}\n`);
    console.error = (text: string) => (said += `${text}\n`);
    try {
      return {
        status: await main([command, "--stack", join(directory, `Pulumi.${stack}.yaml`), ...args]),
        said,
      };
    } finally {
      Object.assign(console, { log, error });
    }
  }

  it("has the primary hand over, and says who comes after it", async () => {
    const { status, said } = await run("switchover", "one", "--yes");
    assert.equal(status, 0, said);
    assert.deepEqual(changes(), ["delete pod orders-1 -n databases"]);
    assert.match(said, /the primary was orders-1, and is orders-2/);
  });

  it("does nothing with one that is stopped, and says so", async () => {
    is({ primary: 1, ready: 0, replicas: 0 });
    for (const [command, option] of [
      ["switchover", "--yes"],
      ["restart", "--yes"],
      ["connect", "--client"],
    ] as const) {
      const { status, said } = await run(command, "one", option);
      assert.equal(status, 1, said);
      assert.match(said, /orders is stopped, and has no member that runs.*`paused`, remove it/);
    }
    writeFileSync(
      join(directory, "Pulumi.paused.yaml"),
      STACK.replace("replicas: 3", "replicas: 3, paused: true"),
    );
    for (const verb of ["now", "drill"]) {
      const { status, said } = await run("backup", "paused", verb);
      assert.equal(status, 1, said);
      assert.match(said, /orders is stopped/);
    }
    assert.deepEqual(changes(), []);
  });

  it("restarts all members by a rolling update, or one", async () => {
    assert.equal((await run("restart", "one", "--yes")).status, 0);
    assert.equal((await run("restart", "one", "orders", "--member", "2", "--yes")).status, 0);
    assert.deepEqual(changes(), [
      "rollout restart statefulset/orders -n databases",
      "delete pod orders-2 -n databases",
    ]);
  });

  for (const command of ["switchover", "restart"]) {
    it(`${command} is refused while a member is not ready, and where nobody can be asked`, async () => {
      is({ primary: 1, ready: 2 });
      const refused = await run(command, "one", "--yes");
      assert.equal(refused.status, 1);
      assert.match(refused.said, /Only 2 of 3 members of orders are ready/);
      is({ primary: 1, ready: 3 });
      if (!process.stdin.isTTY) assert.match((await run(command, "one")).said, /no terminal.*--yes/);
      assert.deepEqual(changes(), []);
    });
  }

  it("refuses a switchover where there is nobody else", async () => {
    const { status, said } = await run("switchover", "two", "events", "--yes");
    assert.equal(status, 1);
    assert.match(said, /events has one member/);
  });

  it("shows the log of the server, of an agent, of a container before its restart", async () => {
    assert.equal((await run("logs", "one")).status, 0);
    assert.equal(
      (await run("logs", "one", "--agent", "--member", "0", "--previous", "--tail", "5")).status,
      0,
    );
    const [all, one] = told().filter((line) => line.startsWith("logs "));
    assert.match(
      all ?? "",
      /^logs -l .*instance=orders,.*component=database -n databases -c mysql --prefix --tail=50/,
    );
    assert.match(one ?? "", /^logs orders-0 -n databases -c agent --prefix --tail=5 .*--previous$/);
    assert.match((await run("logs", "one", "--previous")).said, /say whose, with --member N/);
    assert.match((await run("logs", "one", "--tail", "many")).said, /must be a number of lines/);
    assert.match(
      (await run("logs", "one", "--member", "x")).said,
      /must be the number behind the pod's name/,
    );
  });

  it("leads a port to the primary, and says how to connect", async () => {
    const { status, said } = await run("connect", "one", "--port", "13306");
    assert.equal(status, 0, said);
    assert.ok(told().includes("port-forward -n databases pod/orders-1 13306:3306"), told().join("\n"));
    assert.match(said, /orders \(orders-1\) at 127\.0\.0\.1:13306, database app$/m);
    assert.match(said, /user and password: .* get secret orders-login$/m);
    assert.equal((await run("connect", "one", "--port", "x")).status, 2);
  });

  describe("connects by the engine's own client in the cluster", () => {
    const acts = () =>
      told()
        .filter((line) => /^(create|wait|exec|delete)/.test(line))
        .map((line) => line.replace(/orders-client-[0-9a-f]{6}/, "POD").split(" -- ")[0]);

    it("in a pod that its NetworkPolicy admits, logged in by the Secret, and removes it; what the client ends with is its status", async () => {
      const { status } = await run("connect", "one", "--client");
      assert.equal(status, 7);
      const terminal = process.stdin.isTTY ? "-it" : "-i";
      assert.deepEqual(acts(), [
        "create --filename=-",
        "wait pod/POD -n databases --for=condition=Ready --timeout=120s",
        `exec ${terminal} -n databases POD`,
        "delete pod POD -n databases --ignore-not-found --wait=false --grace-period=1",
      ]);
      const pod = JSON.parse(readFileSync(join(directory, "created"), "utf8")) as {
        metadata: { labels: object };
        spec: {
          containers: [{ image: string; env: { name: string; value?: string }[] }];
          imagePullSecrets: object;
          volumes: object;
          activeDeadlineSeconds: number;
        };
      };
      assert.deepEqual(pod.metadata.labels, { "orders-client": "true" });
      assert.equal(pod.spec.containers[0].image, "example.org/mysql:9");
      assert.deepEqual(pod.spec.imagePullSecrets, [{ name: "registry" }]);
      assert.deepEqual(
        pod.spec.containers[0].env.filter(({ value }) => value === undefined),
        ["USERNAME", "PASSWORD"].map((name) => ({
          name,
          valueFrom: { secretKeyRef: { name: "orders-login", key: name.toLowerCase() } },
        })),
      );
      assert.ok(pod.spec.activeDeadlineSeconds > 0);
      assert.match(
        told().find((line) => line.startsWith("exec ")) ?? "",
        /-- sh -c MYSQL_PWD="\$PASSWORD" exec mysql --host=orders\.databases\.svc .*VERIFY_IDENTITY.* app$/,
      );
    });

    it("and leaves none where it does not start", async () => {
      is({ primary: 1, ready: 3, unstarted: true });
      const { status, said } = await run("connect", "one", "--client");
      assert.equal(status, 1);
      assert.match(said, /timed out waiting/);
      assert.deepEqual(
        acts().map((act) => act?.split(" ")[0]),
        ["create", "wait", "delete"],
      );
    });

    it("and not with a port of this machine", async () => {
      const { status, said } = await run("connect", "one", "--client", "--port", "13306");
      assert.deepEqual([status, /say one of the two/.test(said), told()], [2, true, []]);
    });
  });

  for (const name of ENGINE_NAMES) {
    it(`has no password in the line of a client of ${name}, which verifies the server`, () => {
      const target = {
        name: "orders",
        host: "orders.shop.svc",
        database: "app",
        authority: "/authority/ca.crt",
      };
      const line = engineOf(name).client(target);
      assert.match(line, /orders\.shop\.svc/);
      assert.match(line, /\/authority\/ca\.crt/);
      // Where it stands it is given by the environment or a file, or read by the client itself.
      assert.doesNotMatch(line, /(--pass(word)?|-a|-p)[ =]"?\$/);
      assert.match(line, /\bPASSWORD\b/);
    });
  }

  it("has to be told which database, where there are several", async () => {
    assert.match((await run("logs", "two")).said, /Name one database: there are: orders, events/);
    assert.match((await run("logs", "two", "order")).said, /no database "order": did you mean "orders"\?/);
    assert.match((await run("logs", "two", "orders", "events")).said, /Name one database/);
    assert.equal((await run("logs", "two", "events", "--member", "0")).status, 0);
  });
});
