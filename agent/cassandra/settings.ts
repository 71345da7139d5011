import { join } from "node:path";
import { DATACENTER, RUN_FILES } from "../../components/cassandra/protocol";
import { readIfThere, writeWhole } from "../core/record";
import type { Credentials } from "../core/credentials";

/** The server runs as another process of the same user. */
const MODE = 0o600;

/** What the server says, a line each, with what it is about. It goes where `supervise.sh` keeps the last of it, by which a refusal is known. */
const LOGGING = `<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <target>System.err</target>
    <encoder><pattern>%-5level %date{ISO8601} %logger{0} - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
</configuration>
`;

/** What a start depends on beside the component's settings. */
export interface Start {
  /** Identity of the cluster: a server refuses data of another one. */
  cluster: string;
  /** The pod's own address. */
  listen: string;
  /** The member's, by which the others know it. */
  address: string;
  seeds: readonly string[];
  rack: string;
  /** It begins the ring: nobody else could answer for an account. */
  founding: boolean;
}

/** The component's settings with what belongs to this member and this start. */
export function configOf(settings: string, { cluster, listen, address, seeds, founding }: Start): string {
  const own: Record<string, unknown> = {
    cluster_name: cluster,
    listen_address: listen,
    broadcast_address: address,
    broadcast_rpc_address: address,
    seed_provider: [
      {
        class_name: "org.apache.cassandra.locator.SimpleSeedProvider",
        parameters: [{ seeds: seeds.join(",") }],
      },
    ],
    // The accounts' keyspace is made with this many copies, and it takes most of them to log in.
    ...(founding
      ? {
          default_keyspace_rf: 1,
          minimum_replication_factor_fail_threshold: -1,
          auth_read_consistency_level: "LOCAL_ONE",
        }
      : {}),
  };
  return withSettings(settings, own);
}

/** A file of settings, a line each, with others in the place of its own. */
function withSettings(file: string, others: Readonly<Record<string, unknown>>): string {
  const replaced = new Set(Object.keys(others));
  const kept = file.split("\n").filter((line) => line !== "" && !replaced.has(line.split(":")[0] ?? ""));
  const lines = Object.entries(others).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return [...kept, ...lines, ""].join("\n");
}

/** Nobody is asked for a password, nor for a right; and nobody reaches it but who is in the pod. */
const UNGUARDED: Readonly<Record<string, unknown>> = {
  authenticator: "AllowAllAuthenticator",
  authorizer: "AllowAllAuthorizer",
  rpc_address: "127.0.0.1",
};

/** Writes what a server reads when it starts, in memory. */
export class StartFiles {
  constructor(
    private readonly directory: string,
    private readonly certificates: Credentials,
  ) {}

  async write(settings: string, start: Start): Promise<void> {
    const write = (name: string, text: string): Promise<void> =>
      writeWhole(join(this.directory, name), text, MODE);
    await writeWhole(this.config, configOf(settings, start), MODE);
    await write(RUN_FILES.place, `dc=${DATACENTER}\nrack=${start.rack}\n`);
    await write(RUN_FILES.logging, LOGGING);
    await this.writeCertificate();
  }

  /** Has the server's next start ask nobody on the pod's own loopback address for a password, and listen nowhere else. */
  async unguard(): Promise<void> {
    const written = await this.written();
    if (written === undefined) throw new Error("no server has been started in this pod");
    await writeWhole(this.config, withSettings(written, UNGUARDED), MODE);
  }

  /** Whether the file that was written last is such a one. */
  async isUnguarded(): Promise<boolean> {
    return (await this.written())?.includes(JSON.stringify(UNGUARDED["authenticator"])) === true;
  }

  private get config(): string {
    return join(this.directory, RUN_FILES.config);
  }

  private async written(): Promise<string | undefined> {
    return await readIfThere(this.config);
  }

  /** Key and certificate in one file, as the server wants them. @returns whether that was another one */
  async writeCertificate(): Promise<boolean> {
    const key = await this.certificates.read("tls.key");
    const certificate = await this.certificates.read("tls.crt");
    const [path, text] = [join(this.directory, RUN_FILES.certificate), `${key}\n${certificate}\n`];
    if ((await readIfThere(path)) === text) return false;
    await writeWhole(path, text, MODE);
    return true;
  }
}
