import { REDIS_TLS_PORT } from "../../../components/redis/protocol";
import { certificateSecretName } from "../../../components/tls/database-certificate";
import { NOBODY, startArguments } from "../../../agent/redis/settings";
import type { ApiObject } from "../../../operate/kube/kubectl";
import type { Pod } from "../../../operate/kube/objects";
import { until } from "../../../cluster/wait";
import { kubectl } from "../support/cluster/cluster";

const NAME = "bare";
const PLACES = { settings: "/settings", certificates: "/certificates", data: "/data" };

/** Everybody is let in. */
export const OPEN_ACCOUNTS = "user default on nopass ~* &* +@all\n";

/** Arguments of a member's server, for one that nobody looks after. @param primary - whom it follows; nobody, if that is empty */
export function bareArguments(
  { settings, certificates, data }: Record<keyof typeof PLACES, string>,
  primary: readonly string[],
): string[] {
  const all = startArguments({
    plain: true,
    volatile: false,
    socket: `${data}/server.sock`,
    address: "$(ADDRESS)",
    accountsFile: `${settings}/users.acl`,
    certificates,
  });
  // A server that is told of a primary, and then of none, crashes.
  const at = all.indexOf("--replicaof");
  const shared = all.filter((_, index) => index < at || index > at + NOBODY.length);
  const follows = primary.length === 0 ? [] : ["--replicaof", ...primary];
  return [...shared, "--dir", data, "--appendonly", "yes", ...follows];
}

/**
 * Servers that nobody looks after: of the image, the file and the arguments of a database's own, on the same nodes, the first one
 * the others' primary. Everybody is let in.
 */
export class BareServers {
  /**
   * @param database - whose image, settings and certificate they have
   * @param nodes - one for each, the primary's first
   */
  constructor(
    private readonly namespace: string,
    private readonly database: string,
    private readonly nodes: readonly string[],
    private readonly image: string,
  ) {}

  /** Starts them, and waits until all follow. @returns the primary's address */
  async start(ask: (address: string, command: string) => Promise<string>): Promise<string> {
    const metadata = { name: NAME };
    const data = { "server.conf": await this.file(), "users.acl": OPEN_ACCOUNTS };
    await this.apply([{ apiVersion: "v1", kind: "ConfigMap", metadata, data }]);
    const [first = "", ...others] = this.nodes;
    await this.apply([this.pod(0, first)]);
    const primary = await this.address(0);
    const follow = [primary, String(REDIS_TLS_PORT)];
    await this.apply(others.map((node, index) => this.pod(index + 1, node, follow)));
    await until(
      async () => {
        const said = await ask(primary, "INFO replication").catch(() => "");
        return (said.match(/state=online/g) ?? []).length === others.length ? primary : undefined;
      },
      { what: "bare servers that follow", timeoutSeconds: 60 },
    );
    return primary;
  }

  private async file(): Promise<string> {
    const all = await kubectl.list<ApiObject & { data?: Record<string, string> }>(
      "configmaps",
      this.namespace,
    );
    const files = all.filter(({ metadata }) => metadata.name !== NAME);
    const file = files.map(({ data }) => data?.["server.conf"]).find((one) => one !== undefined);
    if (file === undefined) throw new Error("there is no file of a server");
    return file;
  }

  private async apply(items: object[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await kubectl.run(["apply", "--server-side", "-n", this.namespace, "--filename=-"], list);
  }

  private async address(ordinal: number): Promise<string> {
    return until(
      async () => (await kubectl.get<Pod>("pod", `${NAME}-${ordinal}`, this.namespace))?.status.podIP,
      { what: "a bare server's address", timeoutSeconds: 60 },
    );
  }

  private pod(ordinal: number, nodeName: string, primary: readonly string[] = []): object {
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `${NAME}-${ordinal}` },
      spec: {
        nodeName,
        restartPolicy: "Never",
        terminationGracePeriodSeconds: 0,
        automountServiceAccountToken: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 1000,
          fsGroup: 1000,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
          {
            name: "server",
            image: this.image,
            command: ["valkey-server", `${PLACES.settings}/server.conf`, ...bareArguments(PLACES, primary)],
            env: [{ name: "ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }],
            // As a member's.
            resources: { requests: { cpu: "100m", memory: "768Mi" } },
            volumeMounts: [
              { name: "settings", mountPath: PLACES.settings },
              { name: "certificates", mountPath: PLACES.certificates },
              { name: "data", mountPath: PLACES.data },
            ],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          },
        ],
        volumes: [
          { name: "settings", configMap: { name: NAME } },
          { name: "certificates", secret: { secretName: certificateSecretName(this.database) } },
          { name: "data", emptyDir: {} },
        ],
      },
    };
  }
}
