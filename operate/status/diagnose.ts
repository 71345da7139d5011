import { INSTANCE } from "../../components/protocol/labels";
import { typed } from "../../render/installation";
import { STACK_LABEL, stackLabel } from "../../stacks/stack-label";
import type { ApiObject } from "../kube/kubectl";
import { exclusiveRole, type Topology } from "../../components/protocol/topology";
import { lackOf } from "./readiness";
import { runningMember, serving } from "./roles";
import type { Pod, StatefulSet } from "../kube/objects";
import { isOfBackup } from "./backup-part";
import { backupTrouble } from "./backup-trouble";
import { claimTrouble } from "./claim-trouble";
import { warningsOf } from "./events";
import { type Finding, notice, problem } from "./findings";
import { nodeTrouble } from "../kube/nodes";
import { markerTrouble } from "./marker";
import type { Observed } from "./observe";
import { agentNotices, agentState, isReady } from "./pod-words";
import { podTrouble } from "./pod-trouble";
import { ringFindings } from "./ring";
import { scheduleFindings } from "./schedules";
import { stillRuns, stoppedFindings } from "./stopped";

/** Everything that is wrong with a stack, what concerns all of a database first. */
export function diagnose(observed: Observed): Finding[] {
  return [
    ...observed.databases.flatMap((database) => diagnoseDatabase(database, observed)),
    ...Object.entries(observed.wanted).flatMap(([name, what]) => diagnoseDeployment(name, what, observed)),
    ...(observed.schedules ?? []).flatMap((schedule) => diagnoseSchedule(schedule, observed)),
    ...strangers(observed),
    ...Object.entries(observed.unavailable).map(([kind, reason]) =>
      notice(observed.stack, `could not look at ${kind}: ${reason}`),
    ),
  ];
}

/** The pods of a database, in the order of their ordinals. Labels alone make no pod a member. */
export function membersOf(database: string, observed: Observed): Pod[] {
  return podsOf(database, observed).filter((pod) => isMember(pod, database));
}

function isMember({ metadata: { name } }: Pod, database: string): boolean {
  return /^-\d+$/.test(name.slice(database.length)) && name.startsWith(database);
}

/** The pods with the labels of a database or an application, in the order of their names. */
function podsOf(instance: string, { pods }: Observed): Pod[] {
  return pods
    .filter(({ metadata }) => metadata.labels?.[INSTANCE] === instance)
    .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name, "en", { numeric: true }));
}

function diagnoseDeployment(name: string, what: string, observed: Observed): Finding[] {
  const { deployments, namespace, chosenBy } = observed;
  const deployment = deployments.find(({ metadata }) => metadata.name === name);
  if (!deployment) {
    const missing = `the ${what} is not deployed: the namespace ${namespace} has no Deployment ${name}`;
    return [problem(name, missing, typed("up", chosenBy))];
  }
  const another = ofAnotherStack(deployment, observed);
  const lack = lackOf(deployment, []);
  if (lack === undefined) return another;
  const causes = podsOf(name, observed).flatMap((pod) => podTrouble(pod, observed) ?? []);
  return [...another, problem(name, `the ${what} is not as it should be: ${lack.text}`), ...causes];
}

function diagnoseSchedule(schedule: { name: string; paused: boolean }, observed: Observed): Finding[] {
  const { cronJobs = [], unavailable, namespace, chosenBy } = observed;
  const { name } = schedule;
  if ("cronjobs" in unavailable) return [];
  const cronJob = cronJobs.find(({ metadata }) => metadata.name === name);
  if (!cronJob) {
    const missing = `the application is not deployed: the namespace ${namespace} has no CronJob ${name}`;
    return [problem(name, missing, typed("up", chosenBy))];
  }
  return [...ofAnotherStack(cronJob, observed), ...scheduleFindings(cronJob, schedule.paused, observed)];
}

/** Deployed by another stack under a name of this one: `up` and `down` would refuse to touch it. */
function ofAnotherStack({ kind, metadata }: ApiObject, { stack }: Observed): Finding[] {
  const owner = metadata.labels?.[STACK_LABEL];
  if (owner === undefined || owner === stackLabel(stack)[STACK_LABEL]) return [];
  const advice = `look at that one: ${typed("status")}, with its --stack; ${stack} needs another stateful:namespace`;
  return [problem(metadata.name, `this ${kind} is not of the stack ${stack}, but of ${owner}`, advice)];
}

function diagnoseDatabase(database: Observed["databases"][number], observed: Observed): Finding[] {
  const { name, topology } = database;
  const set = observed.sets.find(({ metadata }) => metadata.name === name);
  const claims = observed.claims.filter(({ metadata }) => metadata.labels?.[INSTANCE] === name);
  if (!set) return [notDeployed(name, claims.length, observed)];
  const pods = membersOf(name, observed);
  const stopped = stoppedFindings(database, set, pods, observed);
  if (stopped !== undefined) {
    return [
      ...ofAnotherStack(set, observed),
      ...stopped,
      ...claims.flatMap((claim) => claimTrouble(claim, observed) ?? []),
      ...backupTrouble(database, pods, observed),
    ];
  }
  const troubles = pods.flatMap((pod) => podTrouble(pod, observed) ?? []);
  const told = new Set(troubles.map(({ problem: text }) => text));
  const ofClaims = claims.flatMap((claim) => claimTrouble(claim, observed) ?? []);
  return [
    ...ofAnotherStack(set, observed),
    ...stillRuns(database, observed),
    ...wholeDatabase(set, topology, pods, observed),
    ...markerTrouble(name, runningMember(topology, pods, observed), observed),
    ...missingPods(set, pods, observed),
    ...troubles,
    ...pods.flatMap(agentNotices),
    ...pods.flatMap((pod) => oddAnswer(pod, observed) ?? []),
    ...ringFindings(pods, topology, observed),
    ...mislabelled(set, observed),
    ...ofClaims.filter(({ problem: text }) => !told.has(text)),
    ...onFailingNodes(pods, observed),
    ...rollout(set, topology, pods, troubles),
    ...backupTrouble(database, pods, observed),
  ];
}

/** What answers at a member's place, and cannot be its agent. */
function oddAnswer(
  { metadata: { name, namespace = "" } }: Pod,
  { oddReports = {} }: Observed,
): Finding | undefined {
  const reason = oddReports[name];
  if (reason === undefined) return undefined;
  const advice = `see what runs there: kubectl -n ${namespace} get pod ${name} -o yaml`;
  return problem(name, `what answers as its agent sends no report: ${reason}`, advice);
}

/** By such labels a pod gets past the NetworkPolicy of a database that it is not of, and behind its Services. */
function mislabelled({ metadata }: StatefulSet, observed: Observed): Finding[] {
  const { name: database } = metadata;
  const engine = (labels?: Record<string, string>): string | undefined => labels?.["app.kubernetes.io/name"];
  // What makes its backups is of it as well, under another name: no policy and no Service takes that for a member.
  const isPart = (pod: Pod): boolean =>
    isOfBackup(pod) && engine(pod.metadata.labels) !== engine(metadata.labels);
  return podsOf(database, observed)
    .filter((pod) => !isMember(pod, database) && !isPart(pod))
    .map(({ metadata: { name, namespace = "" } }) =>
      problem(
        name,
        `it bears the labels of the database ${database}, and is none of its members`,
        `delete it, if it should not be there, and see who gave it these labels: kubectl -n ${namespace} get pod ${name} ` +
          "-o yaml --show-managed-fields",
      ),
    );
}

function notDeployed(name: string, claims: number, { chosenBy, namespace }: Observed): Finding {
  const data = claims === 0 ? "" : `; its data is still there (${claims} claim${claims === 1 ? "" : "s"})`;
  return problem(
    name,
    `it is not deployed: the namespace ${namespace} has no StatefulSet ${name}${data}`,
    typed("up", chosenBy),
  );
}

/** What no single pod can tell: a majority that is lost, nobody who takes writes, or two where there must be one. */
function wholeDatabase(
  { metadata, spec }: StatefulSet,
  topology: Topology,
  pods: Pod[],
  observed: Observed,
): Finding[] {
  const { name } = metadata;
  const replicas = spec.replicas ?? 1;
  const known = pods.flatMap((pod) => observed.reports[pod.metadata.name] ?? []);
  const blocked = known.filter(({ status }) => status.member === "blocked");
  if (topology.quorum === "majority" && blocked.length > 0) {
    const members = blocked[0]?.status.view?.members.length ?? replicas;
    return [
      problem(
        name,
        `it has lost its quorum and takes no writes: ${Math.floor(members / 2) + 1} of its ${members} members must see ` +
          "each other",
        "bring back the members that are missing; see below what holds them up. Then it goes on by itself",
      ),
    ];
  }
  const exclusive = exclusiveRole(topology);
  const holders = exclusive === undefined ? [] : serving(exclusive, pods, observed);
  if (exclusive !== undefined && holders.length > 1) {
    const which = holders.map((pod) => pod.metadata.name).join(" and ");
    return [
      problem(
        name,
        `${which} both say that they are the ${exclusive}`,
        "look again in a few seconds: one of them gives way",
      ),
    ];
  }
  if (runningMember(topology, pods, observed)) return [];
  const lacks = exclusive === undefined ? "no member that serves" : `no ${exclusive}`;
  return [problem(name, `it has ${lacks}, and takes no writes`, "see below what its members wait for")];
}

function missingPods(set: StatefulSet, pods: Pod[], { events }: Observed): Finding[] {
  const { name } = set.metadata;
  const replicas = set.spec.replicas ?? 1;
  const [failed] = warningsOf(events, "StatefulSet", name);
  return Array.from({ length: replicas }, (_, ordinal) => `${name}-${ordinal}`)
    .filter((pod) => !pods.some(({ metadata }) => metadata.name === pod))
    .map((pod) => {
      const why = failed?.message ? `: ${failed.message}` : "";
      return problem(
        pod,
        `there is no such pod, though the database is to have ${replicas}${why}`,
        failed ? "mend what Kubernetes says; it makes the pod by itself" : undefined,
      );
    });
}

/** Pods run on on a cordoned node; where they end, they do not come back there. */
function onFailingNodes(pods: Pod[], { nodes }: Observed): Finding[] {
  return pods.filter(isReady).flatMap(({ metadata: { name }, spec: { nodeName } }) => {
    const node = nodes.find(({ metadata }) => metadata.name === nodeName);
    if (!node?.spec.unschedulable) return [];
    return [
      notice(
        name,
        nodeTrouble(node, node.metadata.name) ?? "",
        `when it is done: kubectl uncordon ${node.metadata.name}`,
      ),
    ];
  });
}

function rollout(set: StatefulSet, topology: Topology, pods: Pod[], troubles: Finding[]): Finding[] {
  const lack = lackOf(set, pods, topology);
  if (lack?.rollsOut !== true || troubles.length > 0) return [];
  return [notice(set.metadata.name, `a change is being rolled out: ${lack.text}`)];
}

/** What the namespace has and the stack does not name: removed from the stack file, or another stack's. */
function strangers(observed: Observed): Finding[] {
  const { sets, deployments, cronJobs = [], databases, wanted, schedules = [], stack } = observed;
  const names = new Set([...databases.map(({ name }) => name), ...Object.keys(wanted)]);
  const scheduled = new Set(schedules.map(({ name }) => name));
  const isPart = (object: ApiObject): boolean =>
    isOfBackup(object) && names.has(object.metadata.labels?.[INSTANCE] ?? "");
  return [
    ...[...sets, ...deployments].filter(({ metadata }) => !names.has(metadata.name)),
    ...cronJobs.filter(({ metadata }) => !scheduled.has(metadata.name)),
  ]
    .filter((object) => !isPart(object))
    .map(({ kind, metadata: { name } }) =>
      // One of an application that runs in the other way has its name.
      notice(
        name,
        `${scheduled.has(name) || name in wanted ? `a ${kind} of this name` : "it"} runs in the namespace, and the stack ${stack} does not have it`,
      ),
    );
}

/** What a member is doing, for the table. */
export function memberState(pod: Pod, finding: Finding | undefined): string {
  if (finding === undefined) return isReady(pod) ? (agentState(pod) ?? "ready") : "starting";
  return finding.problem;
}
