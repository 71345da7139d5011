import {
  backupReportName,
  bootstrapMarkerName,
  headlessServiceName,
  loginSecretName,
  upkeepName,
  userLoginSecretName,
} from "../components/protocol/names";
import { BACKUP_PATH, TLS_PATH } from "../components/protocol/paths";
import { RESTORE_FILES } from "../components/protocol/restore";
import { AGENT_MANAGER, INSTANCE, MANAGED_BY } from "../components/protocol/labels";
import { exclusiveRole, isExclusive } from "../components/protocol/topology";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Shipper } from "./backup/ship";
import { wantedIn } from "./backup/wanted";
import { currentLife, openBackup, resticFor } from "./backup/open";
import { Restore } from "./backup/restore";
import { wantedSource } from "./backup/source";
import { Absences } from "./core/absences";
import { Actions } from "./core/actions";
import { Agent } from "./core/agent";
import { Asker } from "./core/ask";
import { monotonic, timeOfDay } from "./core/clock";
import type { Config } from "./core/config";
import { Credentials } from "./core/credentials";
import type { Elector } from "./core/election/elector";
import type { Peer } from "./core/engine";
import { setTimeout as sleep } from "node:timers/promises";
import { EndingPod } from "./core/ending-pod";
import { InitialStatements } from "./core/initial";
import { ApplicationLogin, applicationLogin } from "./core/login";
import { Locator } from "./core/locate";
import { jsonLog, messageOf } from "./core/log";
import { Losses } from "./core/losses";
import { Member } from "./core/member";
import { Notices } from "./core/notices";
import { OutdatedPod } from "./core/outdated-pod";
import { Pause } from "./core/pause";
import { Peers } from "./core/peers";
import { Positions } from "./core/positions";
import { Proofs } from "./core/proof";
import { Publisher } from "./core/publish";
import { RecordFile } from "./core/record";
import { Rollout } from "./core/rollout";
import { ScaleIn } from "./core/scale-in";
import { serve, type Served } from "./core/server";
import { SharedSecret } from "./core/shared-secret";
import { Supervisor } from "./core/supervisor";
import { Tally } from "./core/tally";
import { certificateEnd } from "./core/tls";
import type { Login, Report } from "./core/types";
import { UserLogins } from "./core/user-logins";
import { ListedUsers } from "./core/users";
import { VoidedChoice } from "./core/voided";
import type { EngineKind } from "./engine-kind";
import { BackupResults } from "./kube/backup-results";
import { KubeClient } from "./kube/client";
import { KubeDirectory } from "./kube/directory";
import { electorOf, takePart } from "./run-election";
import { watchGrowth } from "./run-growth";
import { watchStatements } from "./run-statements";
import { LoginSecret } from "./kube/login-secret";
import { KubeGrowth } from "./kube/own-claim";
import { ConfigMapMarkers } from "./kube/marker-store";
import { Metrics } from "./metrics/metrics";
import { serveMetrics } from "./metrics/server";
import { scaleDeployment } from "./kube/scale";

/** Between two looks at the world, ms. */
const INTERVAL = 500;

/** How long another member's agent may take to answer, ms. */
const ANSWER_WITHIN = 1_500;

/** Puts an agent together around an engine, and runs it until the process is told to end. */
export async function runAgent(config: Config, kind: EngineKind): Promise<void> {
  const { name, namespace, pod } = config;
  const peer = (ordinal: number): Peer => ({
    ordinal,
    host: `${name}-${ordinal}.${headlessServiceName(name)}.${namespace}.svc`,
  });
  const set = `${namespace}/${name}`;
  const labels = { [INSTANCE]: name, [MANAGED_BY]: AGENT_MANAGER };
  const directory = join(config.volume, "stateful");
  const supervisor = new Supervisor(config.control, config.volume, kind.dataMarks);
  const record = new RecordFile(directory);
  await record.load();
  const client = new KubeClient(config.api);
  const place = { namespace, name };
  const kube = new KubeDirectory(client, place);
  const owner = config.dataPolicy === "delete" ? () => kube.owner() : undefined;
  const markers = new ConfigMapMarkers(client, namespace, bootstrapMarkerName(name), labels, owner);
  const self = { ...peer(pod.ordinal), address: pod.address };
  const notices = new Notices();
  const members = (): Report[] => [...(agent.report ? [agent.report] : []), ...peers.current()];
  const engine = kind.create({ config, self, supervisor, client, notices, members });
  const { replay } = engine;
  const restore =
    replay &&
    new Restore({
      replay,
      supervisor,
      volume: config.volume,
      source: async () => wantedSource(namespace),
      open: async () => {
        const opened = await openBackup(process.env, BACKUP_PATH, RESTORE_FILES.encryptionKey);
        if (!opened) throw new Error("there is no destination to restore from");
        return opened;
      },
      restic: async (opened, place) => resticFor(opened, place, { env: process.env }),
      lifeOf: async ({ store }, where) => currentLife(store, where),
      log: jsonLog,
    });
  const member = new Member(set, pod.ordinal, pod.address, engine, supervisor, record);
  const credentials = new Credentials(config.credentials);
  const initial = new InitialStatements({
    ...{ credentials, record, supervisor, engine, notices },
    ...{ clock: monotonic, log: jsonLog, sleep },
  });
  const proofs = new Proofs(set, new SharedSecret(() => credentials.read(kind.memberSecret), monotonic));
  const positions = new Positions(engine, notices);
  const asker = new Asker({
    set,
    self,
    port: config.port,
    within: ANSWER_WITHIN,
    proofs,
    isPosition: (text, ordinal) => positions.judge(text, ordinal),
  });
  // On connections of its own: many members that are looked for must not hold up the marker.
  const finder = new KubeDirectory(new KubeClient({ ...config.api, sockets: 2 }), place);
  const locator = new Locator((ordinal) => finder.address(ordinal), monotonic);
  const peers = new Peers(
    set,
    (address, ordinal) => asker.report(ordinal, address),
    (other) => locator.locate(other),
    monotonic,
    notices,
  );
  const voided = new VoidedChoice(notices, jsonLog, monotonic);
  const { replication } = engine;
  const pause = new Pause();
  const electing =
    replication &&
    electorOf({
      replication,
      client: new KubeClient({ ...config.api, sockets: 2 }),
      namespace,
      name,
      member,
      peers,
      asker,
      peer,
      agent: () => agent,
      // The address of a new primary is not to wait.
      changed: () => {
        pause.cut();
      },
    });
  const elector = electing?.elector;
  const stillPrimary = async (): Promise<boolean> =>
    elector ? elector.reigns : isExclusive((await engine.probe()).role);
  const { archive } = engine;
  const results = new BackupResults(client, namespace, backupReportName(name));
  const shipper =
    archive &&
    new Shipper({
      archive,
      member: { namespace, database: name, ordinal: pod.ordinal },
      look: () => agent.report,
      stillPrimary,
      wanted: wantedIn(BACKUP_PATH, process.env),
      volume: () => supervisor.volumeRoom(),
      results: () => results.read(),
      requestCopy: () => scaleDeployment(client, namespace, upkeepName(name), 1),
      notices,
      log: jsonLog,
      clock: monotonic,
    });
  const logins = {
    letsIn: engine.letsIn && ((who: Login) => engine.letsIn?.(who) ?? Promise.resolve(false)),
    marks: (text: string) => proofs.marks(text),
    topology: engine.topology,
    notices,
    clock: monotonic,
  };
  const login = new ApplicationLogin({
    ...logins,
    wanted: () => applicationLogin(credentials),
    store: new LoginSecret(client, namespace, loginSecretName(name)),
  });
  const userLogins = new UserLogins({
    ...logins,
    users: new ListedUsers(credentials),
    storeOf: (user) => new LoginSecret(client, namespace, userLoginSecretName(name, user)),
  });
  const { decommission } = engine;
  const scaleIn =
    decommission &&
    new ScaleIn({
      self: pod.ordinal,
      decommission,
      markers,
      show: (members) => kube.showMembers(members),
      notices,
      log: jsonLog,
      clock: monotonic,
    });
  const losses =
    engine.repair &&
    new Losses({
      self: pod.ordinal,
      repair: engine.repair,
      notices,
      log: jsonLog,
      clock: monotonic,
      identity: () => randomUUID().slice(0, 8),
    });
  const tally = new Tally();
  const agent: Agent = new Agent({
    member,
    actions: new Actions(
      member,
      markers,
      peer,
      randomUUID,
      () => kube.publishedEpoch(engine.topology),
      jsonLog,
      restore,
      initial,
    ),
    initial,
    restoring: () => restore?.state,
    ...(elector ? { switchover: { to: (target) => elector.handOver(target) } } : {}),
    peers,
    others: (replicas) =>
      [...Array(replicas).keys()]
        .filter((ordinal) => ordinal !== pod.ordinal)
        .map((ordinal) => peer(ordinal)),
    markers,
    publisher: new Publisher({
      directory: kube,
      markers,
      stillPrimary,
      clock: monotonic,
      topology: engine.topology,
      volumeLimits: engine.limits.volume,
      notices,
      voided: (choice) => {
        voided.say(choice);
      },
    }),
    notices,
    hasPod: (ordinal) => kube.hasPod(ordinal),
    stopPatience: config.stopPatience,
    absences: new Absences((ordinal) => finder.isAbsent(ordinal), monotonic),
    voided,
    login,
    userLogins,
    ...(shipper ? { archiving: shipper } : {}),
    ...(scaleIn ? { scaleIn } : {}),
    ...(losses ? { losses } : {}),
    replicas: () => kube.replicas(),
    timings: config.timings,
    tally,
    log: jsonLog,
    clock: monotonic,
  });
  const growth = watchGrowth(credentials, {
    room: () => supervisor.lastRoom,
    store: new KubeGrowth(client, namespace, name, pod.ordinal),
    notices,
    log: jsonLog,
    clock: monotonic,
  });
  const certificates = new Credentials(process.env["STATEFUL_TLS"] ?? TLS_PATH);
  const metrics = new Metrics({
    engine: process.env["STATEFUL_ENGINE"] ?? "",
    namespace,
    database: name,
    pod: pod.name,
    agent,
    notices,
    tally,
    room: () => supervisor.lastRoom,
    growing: () => growth.growing,
    countAsides: async () => supervisor.countAsides(),
    certificateEnd: async () => certificateEnd(certificates, timeOfDay()),
    ...(shipper ? { archiving: shipper } : {}),
    clock: monotonic,
    timeOfDay,
  });

  const outdatedPod = new OutdatedPod({ supervisor, pods: kube, clock: monotonic, log: jsonLog });
  const endingPod = new EndingPod({ pods: kube, notices, clock: monotonic, log: jsonLog });
  const rollout = new Rollout({
    self: pod.ordinal,
    hasPrimary: exclusiveRole(engine.topology) !== undefined,
    ...{ pods: kube, markers, notices, volumeLimits: engine.limits.volume },
    ...{ log: jsonLog, clock: monotonic, timeOfDay },
  });
  const server = serve(
    served(agent, elector),
    (caller, address) => {
      peers.heardFrom(caller, address);
    },
    { set, ...self, proofs },
  );
  server.listen(config.port);
  const figures = serveMetrics((format) => metrics.render(format), monotonic);
  // Nobody but who measures needs it.
  figures.on("error", (error) => {
    jsonLog("warning", "the figures cannot be asked for", { error: messageOf(error) });
  });
  figures.listen(config.metricsPort);
  process.on("SIGTERM", () => {
    server.close();
    process.exit(0);
  });
  jsonLog("info", "agent started", { member: pod.name });
  void shipper?.run();
  watchStatements(engine.statements, credentials, () => agent.report);
  if (electing) void takePart(electing);
  void engine.accompany?.(() => {
    pause.cut();
  });
  for (;;) {
    await agent.tick().catch((error: unknown) => {
      jsonLog("error", "cannot look at this member", { error: messageOf(error) });
    });
    outdatedPod.look(agent.report);
    rollout.look(agent.report, peers.current(), agent.size);
    endingPod.look(agent.report);
    metrics.look();
    await pause.wait(INTERVAL);
  }
}

/** What the agent is asked, and the elector where there is one. */
function served(agent: Agent, elector: Elector | undefined): Served {
  return {
    get report() {
      return agent.report;
    },
    get summary() {
      return agent.summary;
    },
    isAlive: () => agent.isAlive(),
    isReady: () => agent.isReady(),
    prepareStop: () => agent.prepareStop(),
    ballot: elector && ((caller, term) => elector.answer(caller, term)),
  };
}
