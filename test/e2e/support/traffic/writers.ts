import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { mainEndpoint, serviceOf } from "../../../../components/protocol/topology";
import type { ApiObject } from "../../../../operate/kube/kubectl";
import { type Attempt, isAcknowledged, MAIN, parseLog } from "./attempts";
import type { MeasuredEngine } from "../engines/engine";
import type { Scene } from "../faults/scene";
import {
  CONFIG_FILE,
  type Course,
  PASSWORD_VARIABLE,
  PROGRAM_FILE,
  SIDE_VARIABLE,
  USER_VARIABLE,
  WRITER_DIR,
  type WriterConfig,
} from "./writer/config";

/**
 * What a run costs the database: five connections a second from each side, and one to each pod. With twice as many, of which each
 * has to log in, two processors that are all of a cluster have nothing left for a failover.
 */
const MAIN_EVERY_MS = 200;
const POD_EVERY_MS = 1_000;
/** Longer than any run. */
const AT_MOST_SECONDS = 1800;
const WARM_UP = 20;
/** The API server may be away, or the far side of a partition: then ask again. */
const PATIENCE = "--request-timeout=20s";

export interface WritersArgs {
  scene: Scene;
  /** Names the run's table and pods: letters and digits. */
  run: string;
  /** Nodes, one writer on each. */
  sides: string[];
  /** Image with Node 20 or newer. */
  image: string;
  /** The database's Secret with its user's name and password. */
  secret: string;
  /** Name of the database inside the server. */
  schema: string;
  /** Entry of the pods' program. @default the engine's writer */
  program?: string;
  /** What else that program is told, beside a writer's configuration. */
  workload?: object;
  /** How many times slower than usual they write. @default 1 */
  slower?: number;
  /** All the time that an attempt has, ms. @default a second */
  attemptTimeoutMs?: number;
  /** Acknowledged writes in a row that each side must have before a fault strikes. @default 20 */
  warmUp?: number;
}

/**
 * Writers as pods of the cluster, one on each node. What they saw is in their logs, on their own nodes: a partition or
 * a missing API server loses nothing of it.
 */
export class Writers {
  private constructor(
    private readonly args: WritersArgs,
    readonly sides: string[],
  ) {}

  get run(): string {
    return this.args.run;
  }

  get engine(): MeasuredEngine {
    return this.args.scene.engine;
  }

  /** Starts them, and waits until every side is acknowledged its writes. */
  static async start(args: WritersArgs): Promise<Writers> {
    const writers = new Writers(args, args.sides);
    try {
      await writers.create();
      await writers.warmUp();
      return writers;
    } catch (error) {
      await writers.remove();
      throw error;
    }
  }

  /** Everything that the writers logged so far, but for what cannot be read; those sides are named. */
  async attempts(): Promise<{ attempts: Attempt[]; unread: string[] }> {
    const { logs, unread } = await this.logs();
    return { attempts: logs.flatMap(parseLog), unread };
  }

  /** What the pods logged so far, or of late. */
  async logs(ofLastSeconds?: number): Promise<{ logs: string[]; unread: string[] }> {
    const { kubectl, namespace } = this.args.scene;
    const since = ofLastSeconds === undefined ? [] : [`--since=${ofLastSeconds}s`];
    const logs = await Promise.all(
      this.sides.map(async (side) => {
        try {
          const log = await kubectl.run(["logs", this.pod(side), "-n", namespace, ...since, PATIENCE]);
          return { side, log };
        } catch {
          return { side, log: undefined };
        }
      }),
    );
    return {
      logs: logs.flatMap(({ log }) => (log === undefined ? [] : [log])),
      unread: logs.flatMap(({ side, log }) => (log === undefined ? [side] : [])),
    };
  }

  /**
   * Ids of the rows that each member has, asked from a node. A member that does not answer has no entry.
   *
   * @param run whose rows. @default this one's
   */
  async rows(side: string, run?: string): Promise<Map<string, ReadonlySet<string>>> {
    const ofRun = run === undefined ? [] : [run];
    const rows = await this.askMembers<string[]>(side, (member) => ["ids", member, ...ofRun]);
    return new Map([...rows].map(([member, ids]) => [member, new Set(ids)]));
  }

  /** What the pod on a node prints when it asks each member. One that does not answer has no entry. */
  async askMembers<T>(side: string, question: (member: string) => string[]): Promise<Map<string, T>> {
    const answers = new Map<string, T>();
    for (const member of this.args.scene.pods) {
      try {
        answers.set(member, JSON.parse(await this.exec(side, question(member))) as T);
      } catch {
        // Its other attempts failed as well, which the verdict tells.
      }
    }
    return answers;
  }

  async remove(): Promise<void> {
    const { kubectl, namespace } = this.args.scene;
    const writers = ["-n", namespace, "-l", `failures-run=${this.args.run}`];
    await kubectl.run(["delete", "pod,configmap", ...writers, "--grace-period=0", "--force"]);
  }

  private async create(): Promise<void> {
    const { scene, run, schema } = this.args;
    const { kubectl, namespace } = scene;
    const name = serviceOf(scene.database, mainEndpoint(scene.engine.topology.endpoints));
    const service = await kubectl.get<ApiObject & { spec: { clusterIP: string } }>(
      "service",
      name,
      namespace,
    );
    if (service === undefined) throw new Error(`there is no Service ${name}`);
    const config: WriterConfig = {
      workload: this.args.workload,
      attemptTimeoutMs: this.args.attemptTimeoutMs,
      run,
      database: schema,
      atMostSeconds: AT_MOST_SECONDS,
      courses: this.courses(service.spec.clusterIP),
    };
    const program = Buffer.from(
      await compile(this.args.program ?? join(__dirname, "writer", scene.engine.writer)),
    ).toString("utf8");
    const metadata = { name: `writers-${run}`, labels: { "failures-run": run } };
    const data = { [PROGRAM_FILE]: program, [CONFIG_FILE]: JSON.stringify(config) };
    await this.apply([
      { apiVersion: "v1", kind: "ConfigMap", metadata, data },
      ...this.sides.map((side) => this.podObject(side)),
    ]);
    const pods = this.sides.map((side) => `pod/${this.pod(side)}`);
    await kubectl.run([
      ...["wait", ...pods, "-n", namespace],
      ...["--for=condition=Ready", "--timeout=120s"],
    ]);
    await this.exec(this.sides[0] ?? "", ["prepare", MAIN]);
  }

  /** The Service's address never changes, so its name need not be resolved during a fault. A pod's does. */
  private courses(mainAddress: string): Course[] {
    const { scene, slower = 1 } = this.args;
    const { engine, database, pods } = scene;
    const { port } = mainEndpoint(engine.topology.endpoints).port;
    return [
      { through: MAIN, host: mainAddress, port, everyMs: MAIN_EVERY_MS * slower },
      ...pods.map((pod) => ({
        through: pod,
        host: `${pod}.${database}-headless`,
        port,
        everyMs: POD_EVERY_MS * slower,
      })),
    ];
  }

  private podObject(side: string): object {
    const { run, image, secret, scene } = this.args;
    const of = (key: string): object => ({ valueFrom: { secretKeyRef: { name: secret, key } } });
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: this.pod(side),
        labels: { "failures-run": run, [`${scene.database}-client`]: "true" },
      },
      spec: {
        nodeName: side,
        // It stays where it is, whatever happens to its node.
        tolerations: [{ operator: "Exists" }],
        restartPolicy: "Never",
        terminationGracePeriodSeconds: 0,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name: "writer",
            image,
            command: ["node", join(WRITER_DIR, PROGRAM_FILE)],
            env: [
              { name: SIDE_VARIABLE, value: side },
              { name: USER_VARIABLE, ...of("username") },
              { name: PASSWORD_VARIABLE, ...of("password") },
            ],
            // Beside a busy primary, a pod that asks for nothing gets next to nothing, and would measure its own wait.
            resources: { requests: { cpu: "250m", memory: "64Mi" } },
            volumeMounts: [{ name: "program", mountPath: WRITER_DIR }],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          },
        ],
        volumes: [{ name: "program", configMap: { name: `writers-${run}` } }],
      },
    };
  }

  private async warmUp(): Promise<void> {
    const deadline = Date.now() + 120_000;
    const { warmUp = WARM_UP } = this.args;
    for (;;) {
      const { attempts } = await this.attempts();
      const cold = this.sides.filter((side) => {
        const last = attempts.filter((one) => one.side === side && one.through === MAIN).slice(-warmUp);
        return last.length < warmUp || !last.every(isAcknowledged);
      });
      if (cold.length === 0) return;
      if (Date.now() > deadline) {
        const said = attempts.findLast(({ outcome, side }) => outcome === "failed" && cold.includes(side));
        throw new Error(`no steady writes from ${cold.join(", ")}; last error: ${said?.error ?? "none"}`);
      }
      await sleep(2000);
    }
  }

  private async apply(items: object[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    const { kubectl, namespace } = this.args.scene;
    await kubectl.run(["apply", "--server-side", "-n", namespace, "--filename=-"], list);
  }

  /** Runs the pods' program once more on a node, with arguments. @returns what it printed */
  async exec(side: string, args: string[]): Promise<string> {
    const { kubectl, namespace } = this.args.scene;
    const command = ["node", join(WRITER_DIR, PROGRAM_FILE), ...args];
    return kubectl.run(["exec", this.pod(side), "-n", namespace, "--", ...command]);
  }

  private pod(side: string): string {
    return `writer-${this.args.run}-${side}`;
  }
}

async function compile(entry: string): Promise<Uint8Array> {
  return (await import("../../../../agent/build.mjs")).compile(entry);
}
