import type { StartContext } from "../../../../agent/core/engine";
import type { Log } from "../../../../agent/core/log";
import type { Notices } from "../../../../agent/core/notices";
import type { Ordinal, Report } from "../../../../agent/core/types";
import { Accounts } from "../../../../agent/mongodb/accounts";
import { accepted, type Commands } from "../../../../agent/mongodb/connection";
import { MongoDbEngine } from "../../../../agent/mongodb/engine";
import { FormerSessions } from "../../../../agent/mongodb/former-sessions";
import { MemberKeys } from "../../../../agent/mongodb/member-keys";
import { Users } from "../../../../agent/mongodb/users";
import type { ServerNetwork } from "../../../fakes/mongodb/network";
import type { VirtualTime } from "../election/time";
import type { Pod } from "./pod";

/** What the Secret holds. */
export const SECRET: Record<string, string> = {
  owner: "app",
  username: "app_a",
  password: "p",
  database: "app",
  "root-password": "r",
};

/** How one member is left to itself, for trying what that costs. */
export interface Rules {
  /** Who has lost its disk comes back only when a primary does not count it any more. */
  waitsUncounted?: boolean;
}

/** What a member has around it. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly servers: ServerNetwork;
  readonly rules: Rules;
  /** Whether names lead to pods. */
  readonly named: boolean;
  readonly holdsFeatures: boolean;
  /** What members tell one. */
  told(ordinal: Ordinal): Report[];
  log(ordinal: Ordinal): Log;
}

/** The engine of a member as its program makes it, with a simulated server and disk. */
export function engineOf(world: Surroundings, ordinal: Ordinal, pod: Pod, notices: Notices): MongoDbEngine {
  const server: Commands & { close(): void } = {
    run: async (command) => accepted(await pod.server.ask(command)),
    close: () => undefined,
  };
  const credentials = {
    read: async (key: string): Promise<string> => SECRET[key] ?? "",
    find: async (key: string): Promise<string | undefined> => SECRET[key],
  };
  const engine = new MongoDbEngine({
    self: { ordinal, host: `m-${ordinal}`, address: `10.0.0.${ordinal}` },
    setName: "rs",
    server,
    ask: async (member, command) =>
      accepted(await world.servers.send(ordinal, `m-${member.ordinal}:27017`, command, 5_000)),
    host: (other) => `m-${other}:27017`,
    supervisor: pod,
    startFiles: {
      write: async (keys) => {
        pod.server.keys = [...keys];
      },
      writeCertificates: async () => false,
    },
    rollbacks: { notice: async () => undefined },
    keys: new MemberKeys({
      self: ordinal,
      kept: {
        read: async () => pod.keys,
        write: async (text) => {
          pod.keys = text;
        },
      },
      // As the kubelet brings it.
      secret: { values: async () => [pod.secret] },
      members: () => world.told(ordinal),
      read: async () => pod.server.keys,
      clock: () => world.time.now,
    }),
    accounts: new Accounts(server, credentials, async () => true),
    formerSessions: new FormerSessions(server, credentials),
    users: new Users({
      server,
      credentials,
      letsIn: async () => true,
      notices,
      clock: () => world.time.now,
    }),
    letsIn: async () => true,
    credentials: { hide: async (text) => text },
    certificate: { check: async () => undefined, reconcile: async () => undefined },
    notices,
    resolve: async () => (world.named ? [`10.0.0.${ordinal}`] : []),
    wantedSettings: async () => undefined,
    holdsFeatures: async () => world.holdsFeatures,
    members: () => world.told(ordinal),
    log: world.log(ordinal),
    clock: () => world.time.now,
    pause: async (duration) => world.time.sleep(duration),
  });
  if (world.rules.waitsUncounted !== false) return engine;
  const off = (): undefined => undefined;
  const prepareStart = engine.prepareStart.bind(engine);
  const rules = { ...engine.policy.rules, waitForSet: off, waitForRemoval: off };
  return Object.assign(engine, {
    prepareStart: async (context: StartContext) => prepareStart({ ...context, begins: false }),
    policy: { ...engine.policy, rules },
  });
}
