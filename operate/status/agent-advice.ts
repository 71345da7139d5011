import { INSTANCE } from "../../components/protocol/labels";
import { bootstrapMarkerName } from "../../components/protocol/names";
import { FENCED, RECOVER_FROM } from "../../components/protocol/annotations";
import type { Reason } from "../../components/protocol/reasons";
import type { Pod } from "../kube/objects";
import { agentReason } from "./pod-words";

/** Whose member it is that waits. */
interface Waiting {
  namespace: string;
  database: string;
  pod: string;
  ordinal: string;
}

const onMarker = (verb: string, { namespace, database }: Waiting): string =>
  `kubectl -n ${namespace} ${verb} configmap ${bootstrapMarkerName(database)}`;

const annotate = (waiting: Waiting, value: string): string =>
  `${onMarker("annotate", waiting)} ${RECOVER_FROM}=${value}`;

const bringBack = (waiting: Waiting): string =>
  "bring the missing members back. Only if they are lost, tell Kubernetes so (delete their nodes, or their pods by force), " +
  "give up what they alone have, and go on with the data " +
  `of member N: ${annotate(waiting, "N")} (docs/agent.md)`;

const itsLog = ({ namespace, pod }: Waiting): string =>
  `see why in the server's log: kubectl -n ${namespace} logs ${pod} --all-containers --tail=50`;

/** What an operator may do about each; nothing where time does it, or another finding tells. */
const ADVICE: Record<Reason, ((waiting: Waiting) => string) | undefined> = {
  Serving: undefined,
  Following: undefined,
  SourceUnreachable: () =>
    "see to what its words name: it goes on answering reads, and follows again by itself. Where the source is gone for good, promote it (docs/sites.md)",
  Fenced: (waiting) =>
    `nobody can write, as an operator chose for a promotion elsewhere. Only if nothing else leads in its place: ${onMarker("annotate", waiting)} ${FENCED}- (docs/sites.md)`,
  StartingServer: undefined,
  Bootstrapping: undefined,
  Restoring: undefined,
  Joining: undefined,
  Copying: undefined,
  SettingDataAside: undefined,
  LeavingCluster: undefined,
  ReturningRight: undefined,
  BindingChoice: undefined,
  OpeningAlone: undefined,
  AttemptFailed: ({ namespace, pod }) =>
    `it tries again by itself; its log says more: kubectl -n ${namespace} logs ${pod} -c agent --tail=50`,
  Stopping: undefined,
  ServerStarting: undefined,
  ServerDoesNotStart: itsLog,
  CopyDoesNotStart: itsLog,
  FewCopies: (waiting) =>
    `bring the other members back: with their data, this one's is set aside and copied anew. Or ${itsLog(waiting)}`,
  VolumeFull: () =>
    "let it grow (storage in the stack file), or remove what was set aside on it (docs/agent.md)",
  VolumeHangs: () => "look at its disk, or at the storage behind it: it goes on by itself when that answers",
  CatchingUp: undefined,
  NoQuorum: () => "bring back enough members for a majority: what holds them up is told above",
  NoPrimary: undefined,
  NoPrimaryForLong: bringBack,
  NotInCluster: undefined,
  AwaitsMajority: (waiting) =>
    "bring the awaited members back: it goes on by itself when enough of them have its data. Only if they are lost, let it go " +
    `on alone: ${annotate(waiting, waiting.ordinal)} (docs/agent.md)`,
  WaitsForTurn: undefined,
  WaitsForRepair: () =>
    "bring members that are away back; if their disks are lost too, let them have empty ones: it goes on by itself",
  LockedOut: undefined,
  FormerSelfCounted: undefined,
  PositionsUnknown: undefined,
  Diverging: undefined,
  NoDonor: undefined,
  ScaledIn: () => "deploy the stack with as many replicas as the ring is to have",
  ApiServerUnreachable: () =>
    "let its pod reach the Kubernetes API: without that it cannot know whether a cluster exists",
  BootstrapUnconfirmed: () => "let its pod reach the Kubernetes API: it goes on by itself",
  SizeUnknown: () => "let its pod reach the Kubernetes API: it goes on by itself",
  MembersMissing: () => "bring the missing members up: what holds them up is told above",
  ServersNotUp: undefined,
  WaitsForBootstrap: undefined,
  WaitsForHolder: undefined,
  HolderSilent: (waiting) =>
    "bring that member back, or give it a new node and volume; where it had the database's only data, another copy of it is " +
    `chosen with ${annotate(waiting, "N")} (docs/agent.md)`,
  WaitsForChosen: undefined,
  TooFewMembers: bringBack,
  LastMembersMissing: bringBack,
  WaitsForMissing: undefined,
  DataGrownApart: bringBack,
  DataDoesNotFit: () => "move the wrong data directories away (docs/agent.md)",
  NoDataFound: () => "bring the missing members back, with their volumes",
  NoDataLeft: (waiting) =>
    `restore a backup; or begin anew, with empty databases: ${onMarker("delete", waiting)}`,
  RestoreFailed: () =>
    "mend what its words name, and deploy a database of another name with a restoreFrom that can be had (docs/backup.md)",
  ForeignDisk: () => "the volume is another database's: give this member its own (docs/agent.md)",
};

/** What can be done about a member that waits; nothing where time does it, or where its agent names no reason. */
export function agentAdvice(pod: Pod): string | undefined {
  const reason = agentReason(pod);
  const { name, namespace = "", labels } = pod.metadata;
  const ordinal = name.split("-").at(-1) ?? "";
  const waiting = { namespace, database: labels?.[INSTANCE] ?? "", pod: name, ordinal };
  return reason === undefined ? undefined : ADVICE[reason]?.(waiting);
}
