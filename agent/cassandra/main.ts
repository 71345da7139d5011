import { join } from "node:path";
import { CQL_PORT, DATACENTER, PATHS, RACKS_FILE } from "../../components/cassandra/protocol";
import { CASSANDRA_TOPOLOGY } from "../../components/cassandra/topology";
import { PASSWORD_FILES } from "../../components/protocol/accounts";
import { TLS_PATH } from "../../components/protocol/paths";
import { monotonic, timeOfDay } from "../core/clock";
import { readConfig } from "../core/config";
import { Credentials } from "../core/credentials";
import { clientHosts } from "../core/hosts";
import { readIfThere, writeWhole } from "../core/record";
import { Certificate } from "../core/tls";
import { MemberServices } from "../kube/member-services";
import { podZone } from "../kube/pod-zone";
import { runAgent } from "../run";
import { Accounts } from "./accounts";
import { canLogIn, LocalServer } from "./client";
import { CassandraEngine } from "./engine";
import { FormerSessions } from "./former-sessions";
import { Rack } from "./rack";
import { Recognition } from "./recognition";
import { Repairs } from "./repairs";
import { Ring } from "./ring";
import { StartFiles } from "./settings";
import { RingStanding } from "./standing";

/** Runs the agent of a Cassandra server. */
export async function run(): Promise<void> {
  const config = readConfig(process.env, { STATEFUL_VOLUME: PATHS.volume });
  const { name, namespace } = config;
  const tls = new Credentials(process.env["STATEFUL_TLS"] ?? TLS_PATH);
  const credentials = new Credentials(config.credentials);
  const keptRack = join(config.volume, "stateful", "rack");
  await runAgent(config, {
    memberSecret: PASSWORD_FILES.replication,
    // The server makes it when it has begun.
    dataMarks: [join("data", "system")],
    create: ({ self, supervisor, client, notices, members = () => [] }) => {
      const server: LocalServer = new LocalServer(
        { host: "127.0.0.1", port: CQL_PORT, datacenter: DATACENTER, authority: () => tls.read("ca.crt") },
        () => accounts.agent(),
      );
      const accounts: Accounts = new Accounts(server, credentials, (login) => canLogIn(server.place, login));
      const hosts = clientHosts(name, namespace, CASSANDRA_TOPOLOGY);
      return new CassandraEngine({
        self,
        server,
        supervisor,
        services: new MemberServices(client, namespace, name, monotonic),
        startFiles: new StartFiles(process.env["STATEFUL_RUN"] ?? PATHS.run, tls),
        accounts,
        formerSessions: new FormerSessions(server, credentials),
        repairs: new Repairs(server, notices, monotonic),
        rack: new Rack({
          self: self.ordinal,
          kept: {
            read: async () => readIfThere(keptRack),
            write: async (rack) => writeWhole(keptRack, rack),
          },
          racks: async () => credentials.find(RACKS_FILE),
          zone: podZone(client, namespace, config.pod.name),
          members,
          notices,
        }),
        recognition: new Recognition({ self: self.ordinal, members, notices, clock: monotonic }),
        ring: new Ring(self.ordinal, monotonic),
        standing: new RingStanding(server, monotonic),
        credentials,
        certificate: new Certificate(tls, notices, timeOfDay, () => Promise.resolve(hosts), [
          "serverAuth",
          "clientAuth",
        ]),
        notices,
        members,
        settingsFile: process.env["STATEFUL_SETTINGS"] ?? PATHS.configFile,
        clock: monotonic,
      });
    },
  });
}
