import { loginSecretName } from "../../../../components/protocol/names";
import { kubectl } from "../cluster/cluster";
import { publishedLogin } from "../cluster/secrets";
import type { MeasuredEngine } from "../engines/engine";

const NAME = "client";

/** A database that the client talks to. */
export interface Target {
  /** Name of the database. */
  database: string;
  /** Host name, as an application would write it. @default the database's own name: its primary */
  host?: string;
}

/** Where the client's pod runs, and with what. */
export interface ClientPod {
  /** @default wherever there is room */
  nodeName?: string;
  /** @default what others leave */
  resources?: object;
}

/** A pod beside the databases that talks SQL to them, with the password that applications get. */
export class SqlClient {
  constructor(
    readonly namespace: string,
    private readonly databases: string[],
    private readonly engine: Pick<MeasuredEngine, "shell">,
    private readonly image: string,
  ) {}

  /** Starts the pod, and waits until commands can be run in it. The databases must be there. */
  async start(pod: ClientPod = {}): Promise<void> {
    // A pod that mounts the Secret while it is empty gets what is written into it a minute later.
    for (const database of this.databases) await publishedLogin(kubectl, this.namespace, database);
    await kubectl.run(["apply", "--server-side", "--filename=-"], JSON.stringify(this.manifest(pod)));
    await kubectl.run([
      "wait",
      `pod/${NAME}`,
      ...this.inNamespace(),
      "--for=condition=Ready",
      "--timeout=120s",
    ]);
  }

  /** Runs SQL as the application's user. @returns a line for each row, its columns separated by tabs */
  async sql(statement: string, { database, host = database }: Target): Promise<string[]> {
    const output = await this.sh(this.engine.shell.application(`/secrets/${database}`, host), statement);
    return output === "" ? [] : output.split("\n");
  }

  /** Runs a shell line. @param input written to its standard input */
  async sh(line: string, input?: string): Promise<string> {
    const stdin = input === undefined ? [] : ["--stdin"];
    const output = await kubectl.run(
      ["exec", NAME, ...this.inNamespace(), ...stdin, "--", "sh", "-c", line],
      input,
    );
    return output.trim();
  }

  private inNamespace(): string[] {
    return ["-n", this.namespace];
  }

  private manifest({ nodeName, resources = {} }: ClientPod): object {
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: NAME,
        namespace: this.namespace,
        labels: Object.fromEntries(this.databases.map((database) => [`${database}-client`, "true"])),
      },
      spec: {
        nodeName,
        terminationGracePeriodSeconds: 1,
        automountServiceAccountToken: false,
        containers: [
          {
            name: "client",
            image: this.image,
            command: ["sleep", "infinity"],
            resources,
            volumeMounts: this.databases.map((name) => ({
              name,
              mountPath: `/secrets/${name}`,
              readOnly: true,
            })),
          },
        ],
        volumes: this.databases.map((name) => ({ name, secret: { secretName: loginSecretName(name) } })),
      },
    };
  }
}
