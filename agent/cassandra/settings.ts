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
  const replaced = new Set(Object.keys(own));
  const kept = settings.split("\n").filter((line) => line !== "" && !replaced.has(line.split(":")[0] ?? ""));
  const lines = Object.entries(own).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return [...kept, ...lines, ""].join("\n");
}

/** Writes what a server reads when it starts, in memory. */
export class StartFiles {
  constructor(
    private readonly directory: string,
    private readonly certificates: Credentials,
  ) {}

  async write(settings: string, start: Start): Promise<void> {
    const write = (name: string, text: string): Promise<void> =>
      writeWhole(join(this.directory, name), text, MODE);
    await write(RUN_FILES.config, configOf(settings, start));
    await write(RUN_FILES.place, `dc=${DATACENTER}\nrack=rack1\n`);
    await write(RUN_FILES.logging, LOGGING);
    await this.writeCertificate();
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
