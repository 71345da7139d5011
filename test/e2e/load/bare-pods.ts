import type { ApiObject } from "../../../operate/kube/kubectl";
import type { Pod } from "../../../operate/kube/objects";
import { until } from "../../../cluster/wait";
import { type ClusterFacts, kubectl } from "../support/cluster/cluster";
import type { Manifest } from "../support/engines/engine";

/** Where a bare server finds what it is given. */
export const BARE = {
  settings: "/settings",
  certificates: "/certificates",
  data: "/data",
  run: "/run/bare",
} as const;

/** User that the images' servers have. */
const USER = 999;
const LABEL = "bare";

/** A server that nobody looks after. */
export interface BareServer {
  /** Name of its pod, and of its Service. */
  name: string;
  /** Which of the nodes it runs on. */
  node: number;
  /** Files in {@link BARE.settings}. */
  files?: Readonly<Record<string, string>>;
  /** What runs in its container; `$ADDRESS` is the pod's address. */
  command: readonly string[];
  /** A line of shell in its container that ends well once it answers. */
  answers: string;
  /** Another one that must answer before. @default none */
  follows?: string;
  /** Secret that is mounted as its certificates. @default none */
  certificates?: string;
}

interface WithContainers extends ApiObject {
  spec: { containers: { name: string; resources?: object }[] };
}

/** Bare servers beside databases of a namespace: on the same disks, with a Service each and the same share of a processor. */
export class BarePods {
  /**
   * @param path - directory of the nodes' disks that is the namespace's own
   * @param like - a pod, and its container, whose resources each server gets
   */
  constructor(
    private readonly namespace: string,
    private readonly path: string,
    private readonly image: string,
    private readonly ports: readonly number[],
    private readonly like: { pod: string; container: string },
    private readonly facts: ClusterFacts,
  ) {}

  /** Lets the namespace have pods with directories of the nodes, which databases' own may not have. */
  async allow(): Promise<void> {
    const label = "pod-security.kubernetes.io/enforce=privileged";
    await kubectl.run(["label", "namespace", this.namespace, label, "--overwrite"]);
  }

  /** Starts servers, each when the one answers that it follows, and waits until all of them answer. */
  async start(servers: readonly BareServer[]): Promise<void> {
    const begun = new Map<string, Promise<void>>();
    for (const server of servers) {
      const before = begun.get(server.follows ?? "") ?? Promise.resolve();
      begun.set(
        server.name,
        before.then(async () => this.startOne(server)),
      );
    }
    await Promise.all(begun.values());
  }

  private async startOne(server: BareServer): Promise<void> {
    const { name, files = {}, answers } = server;
    const metadata = { name, labels: { [LABEL]: name } };
    await this.apply([
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: this.filesOf(name) }, data: files },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata,
        spec: { selector: { [LABEL]: name }, ports: this.servicePorts() },
      },
      { apiVersion: "v1", kind: "Pod", metadata, spec: this.spec(server, await this.resources()) },
    ]);
    const ask = ["exec", name, "-n", this.namespace, "-c", "server", "--", "sh", "-c", answers];
    await until(async () => kubectl.run(ask).then(() => true), {
      what: `the bare server ${name}`,
      timeoutSeconds: 180,
      everyMs: 1_000,
    });
  }

  /** Ends them at once, so that their directories can be removed. */
  async delete(): Promise<void> {
    const all = ["pods", "-n", this.namespace, `--selector=${LABEL}`];
    await kubectl.run(["delete", ...all, "--grace-period=0", "--force", "--ignore-not-found"]);
    const gone = async () => (await kubectl.list<Pod>("pods", this.namespace, LABEL)).length === 0;
    await until(gone, { what: "the end of bare servers", timeoutSeconds: 60 });
  }

  private async apply(items: object[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await kubectl.run(["apply", "--server-side", "-n", this.namespace, "--filename=-"], list);
  }

  private filesOf(name: string): string {
    return `bare-${name}`;
  }

  private servicePorts(): object[] {
    return this.ports.map((port) => ({ name: `port-${port}`, port }));
  }

  private async resources(): Promise<object> {
    const pod = await kubectl.get<WithContainers>("pod", this.like.pod, this.namespace);
    const found = pod?.spec.containers.find(({ name }) => name === this.like.container);
    if (found?.resources === undefined) throw new Error(`${this.like.pod} has no ${this.like.container}`);
    return found.resources;
  }

  private spec({ name, node, command, certificates }: BareServer, resources: object): object {
    const mounts = [
      { name: "settings", mountPath: BARE.settings },
      { name: "data", mountPath: BARE.data },
      { name: "run", mountPath: BARE.run },
      ...(certificates === undefined ? [] : [{ name: "certificates", mountPath: BARE.certificates }]),
    ];
    return {
      nodeName: this.facts.nodes[node],
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      securityContext: { runAsUser: USER, runAsGroup: USER, fsGroup: USER },
      initContainers: [
        {
          name: "owner",
          image: this.facts.images.tools,
          command: ["chown", `${USER}:${USER}`, BARE.data],
          securityContext: { runAsUser: 0 },
          volumeMounts: [{ name: "data", mountPath: BARE.data }],
        },
      ],
      containers: [
        {
          name: "server",
          image: this.image,
          command,
          env: [{ name: "ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }],
          resources,
          volumeMounts: mounts,
        },
      ],
      volumes: [
        { name: "settings", configMap: { name: this.filesOf(name) } },
        { name: "data", hostPath: { path: `${this.path}/${name}`, type: "DirectoryOrCreate" } },
        { name: "run", emptyDir: {} },
        ...(certificates === undefined
          ? []
          : [{ name: "certificates", secret: { secretName: certificates, defaultMode: 0o440 } }]),
      ],
    };
  }
}

/** A file that ConfigMaps of a namespace hold, as rendered objects or as the cluster has them. */
export async function fileOf(namespace: string, database: string, key: string): Promise<string> {
  const all = await kubectl.list<ApiObject & Pick<Manifest, "data">>("configmaps", namespace);
  const own = all.filter(({ metadata }) => metadata.name.startsWith(`${database}-`));
  const found = own.flatMap(({ data }) => (data as Record<string, string> | undefined)?.[key] ?? []);
  if (found[0] === undefined) throw new Error(`no ConfigMap of ${database} has a file ${key}`);
  return found[0];
}
