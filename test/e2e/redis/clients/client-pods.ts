import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { certificateSecretName } from "../../../../components/tls/database-certificate";
import { loadOnDemand } from "../../../../cluster/images/load";
import { until } from "../../../../cluster/wait";
import { type ClusterFacts, kubectl } from "../../support/cluster/cluster";

const PROGRAM = "/program";
const CA = "/authority/ca.crt";

/** Other languages than the tests': made when they are wanted, and for the test bed alone. */
const OTHER_LANGUAGES = "stateful.test/redis-clients:1";

/** Clients, each as applications use them: its program beside this file, and how that is run. */
const CLIENTS = {
  ioredis: { program: "ioredis.ts", command: ["node"] },
  "node-redis": { program: "node-redis.ts", command: ["node"] },
  "redis-py": { program: "redis-py.py", command: ["python3"], image: OTHER_LANGUAGES },
  jedis: { program: "Jedis.java", command: ["java", "-cp", "/opt/jedis/*"], image: OTHER_LANGUAGES },
} satisfies Record<string, { program: string; command: string[]; image?: string }>;

export type ClientName = keyof typeof CLIENTS;

/**
 * A DNS server may be on a node that is struck, and gets half of all questions until Kubernetes misses the node. A resolver waits for
 * 5 s, and then asks the same one again; resolv.conf(5).
 */
const QUICK_LOOKUPS = {
  options: [
    { name: "timeout", value: "1" },
    { name: "attempts", value: "5" },
  ],
};

/** An attempt to write, by one way of finding the primary. */
export interface ClientAttempt {
  way: string;
  /** When it ended, by its node's clock, ms since 1970. */
  at: number;
  error?: string;
}

/** Real clients, one to a pod on one node, which write all the time. */
export class ClientPods {
  readonly names: ClientName[];

  /** @param node - where they run */
  constructor(
    private readonly namespace: string,
    private readonly database: string,
    private readonly node: string,
    private readonly facts: Pick<ClusterFacts, "isTestBed" | "images">,
  ) {
    const all = Object.keys(CLIENTS) as ClientName[];
    this.names = all.filter((name) => facts.isTestBed || !("image" in CLIENTS[name]));
  }

  /** Starts them, and waits until each writes in each of its ways. */
  async start(): Promise<void> {
    if (this.facts.isTestBed) await loadOnDemand(this.node, OTHER_LANGUAGES);
    const items = await Promise.all(this.names.map(async (name) => this.objects(name)));
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: items.flat() });
    await kubectl.run(["apply", "--server-side", "-n", this.namespace, "--filename=-"], list);
    await this.calm(180);
  }

  /** Waits until every client has written by each of its ways, again and again, for some seconds. */
  async calm(timeoutSeconds: number): Promise<void> {
    const since = Date.now();
    await until(async () => [...(await this.attempts()).values()].every((all) => isCalm(all, since)), {
      what: "every client writes",
      timeoutSeconds,
    });
  }

  /** What each of them did so far, by client and way. */
  async attempts(): Promise<Map<string, ClientAttempt[]>> {
    const found = new Map<string, ClientAttempt[]>();
    for (const name of this.names) {
      const log = await kubectl.run(["logs", name, "-n", this.namespace]).catch(() => "");
      const all = log.split("\n").flatMap((line) => {
        return line.startsWith("{") ? [JSON.parse(line) as ClientAttempt] : [];
      });
      const ways = "image" in CLIENTS[name] ? new Set<string>() : new Set(["name", "sentinel"]);
      for (const { way } of all) ways.add(way);
      if (ways.size === 0) found.set(name, []);
      for (const way of ways) {
        found.set(
          `${name}, by ${way}`,
          all.filter((one) => one.way === way),
        );
      }
    }
    return found;
  }

  /**
   * The longest time without an acknowledged write since a moment, by client and way, s.
   * @returns what each said of its failed attempts, too
   */
  async gaps(since: number): Promise<Map<string, { seconds: number; said: string[] }>> {
    await sleep(1_000);
    const all = await this.attempts();
    return new Map(
      [...all].map(([who, attempts]) => {
        const late = attempts.filter(({ at }) => at >= since - 1_000);
        const times = late.filter(({ error }) => error === undefined).map(({ at }) => at);
        const ends = [...times, Math.max(since, ...late.map(({ at }) => at))];
        const seconds = Math.max(...ends.map((at, index) => at - (ends[index - 1] ?? since))) / 1000;
        const said = new Set(late.flatMap(({ error }) => (error === undefined ? [] : [error])));
        return [who, { seconds, said: [...said] }];
      }),
    );
  }

  private async objects(name: ClientName): Promise<object[]> {
    const { program, command, ...client } = CLIENTS[name];
    const image = "image" in client ? client.image : this.facts.images.node;
    const file = program.endsWith(".ts") ? "client.cjs" : program;
    const secret = `${this.database}-credentials`;
    const of = (key: string): object => ({ valueFrom: { secretKeyRef: { name: secret, key } } });
    const metadata = { name, labels: { [`${this.database}-client`]: "true" } };
    const data = { [file]: await textOf(join(__dirname, program)) };
    return [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data },
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata,
        spec: {
          nodeName: this.node,
          restartPolicy: "Never",
          terminationGracePeriodSeconds: 0,
          automountServiceAccountToken: false,
          dnsConfig: QUICK_LOOKUPS,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [
            {
              name: "client",
              image,
              command: [...command, `${PROGRAM}/${file}`],
              env: [
                { name: "DATABASE", value: this.database },
                { name: "USERNAME", ...of("username") },
                { name: "PASSWORD", ...of("password") },
                { name: "CA", value: CA },
              ],
              volumeMounts: [
                { name: "program", mountPath: PROGRAM },
                { name: "authority", mountPath: "/authority" },
              ],
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            },
          ],
          volumes: [
            { name: "program", configMap: { name } },
            {
              name: "authority",
              secret: {
                secretName: certificateSecretName(this.database),
                items: [{ key: "ca.crt", path: "ca.crt" }],
              },
            },
          ],
        },
      },
    ];
  }
}

async function textOf(file: string): Promise<string> {
  if (!file.endsWith(".ts")) return readFileSync(file, "utf8");
  const { compile } = await import("../../../../agent/build.mjs");
  return Buffer.from(await compile(file)).toString("utf8");
}

function isCalm(attempts: readonly ClientAttempt[], since: number): boolean {
  const last = attempts.slice(-20);
  return last.length === 20 && last.every(({ at, error }) => error === undefined && at > since);
}
