import { failureTold } from "../../agent/backup/say-results";
import { LOOK_LABEL } from "../../agent/backup/look/request";
import { BACKUP_FILES } from "../../components/protocol/backup";
import { longestInterval } from "../../components/common/cron";
import { RESTORABLE } from "../../components/protocol/annotations";
import { INSTANCE } from "../../components/protocol/labels";
import { typed } from "../../render/installation";
import type { Job, Pod } from "../kube/objects";
import { ageOf } from "../words/spans";
import type { BackupObserved } from "./backup-observed";
import { isOfBackup } from "./backup-part";
import { type Finding, notice, problem } from "./findings";
import type { Observed } from "./observe";
import { agentNotices, stuckContainer, unscheduled } from "./pod-words";

/** Who takes writes says every minute until when all is stored: after this time it is silent, ms. */
const SILENT_AFTER = 300_000;

/** A Job's pod may take this long to begin, ms: its volume is made for it. */
const BEGINS_WITHIN = 60_000;

/** Which moments of a database can be restored, in a table's cell: `14 d … 6 s`, `none`, or what is the matter. */
export function restorableOf(name: string, pods: readonly Pod[], observed: Observed): string {
  const { cronJob, copies } = observed.backups?.[name] ?? {};
  // Who may not look is told below the table.
  const unseen = observed.backups?.[name] === undefined && "backups" in observed.unavailable;
  if (!cronJob) return unseen ? "unknown" : "none";
  const now = Date.parse(observed.at);
  const until = Math.max(saidBy(pods), ...(copies?.windows ?? []).map(({ to }) => to));
  const from = copies?.windows[0]?.from;
  if (from === undefined)
    return until > 0 && copied(name, observed) > 0 ? `? … ${ageOf(now - until)}` : "no copy yet";
  return `${ageOf(now - from)} … ${ageOf(now - until)}`;
}

/** The last word of its members on until when all is stored, ms since 1970; 0 for none. */
function saidBy(pods: readonly Pod[]): number {
  return Math.max(
    0,
    ...pods.map(({ metadata }) => Date.parse(metadata.annotations?.[RESTORABLE] ?? "") || 0),
  );
}

/** When the last full copy was finished, as far as the cluster tells, ms since 1970; 0 for never. */
function copied(name: string, observed: Observed): number {
  const { cronJob, copies } = observed.backups?.[name] ?? {};
  const jobs = copyJobs(name, observed).map(({ status }) => Date.parse(status?.completionTime ?? "") || 0);
  return Math.max(
    copies?.last?.finished ?? 0,
    Date.parse(cronJob?.status?.lastSuccessfulTime ?? "") || 0,
    ...jobs,
  );
}

/** What is the matter with a database's backup, beside what its own agents say. */
export function backupTrouble(
  { name, engine, backup, paused }: Observed["databases"][number],
  pods: readonly Pod[],
  observed: Observed,
): Finding[] {
  const found = observed.backups?.[name];
  if (backup === "none")
    return withoutBackup(name, `copy it by ${engine}'s own means: this version makes no backups of it`);
  if (backup === false) return withoutBackup(name, "say where to: backup in the stack file (docs/backup.md)");
  if (backup === undefined && found?.cronJob === undefined) return [];
  // It could not be looked at, which is told elsewhere.
  if (!found) return [];
  if (!found.cronJob) {
    const advice = typed("up", observed.chosenBy);
    return [problem(name, "it is to have a backup, and none is deployed", advice)];
  }
  // Nothing is copied while it is paused; but its key must not get lost.
  if (paused === true) return missingSecrets(name, found, observed);
  return [
    ...missingSecrets(name, found, observed),
    ...failingJobs(name, pods, observed),
    ...lateCopy(name, found, observed),
    ...silence(name, pods, observed),
    ...(found.copies?.problems ?? []).map((text) =>
      problem(name, text, `see what it costs: ${typed("backup", "verify", name, observed.chosenBy)}`),
    ),
  ];
}

function withoutBackup(name: string, advice: string): Finding[] {
  return [
    notice(
      name,
      "it has no backup: what is lost with all its volumes, or by a mistaken statement, is lost",
      advice,
    ),
  ];
}

function missingSecrets(
  database: string,
  { missingSecrets: missing }: BackupObserved,
  { namespace }: Observed,
): Finding[] {
  return missing.map(({ name, keys }) =>
    keys.includes(BACKUP_FILES.encryptionKey)
      ? problem(
          database,
          `the Secret ${name} with the key of its backups is gone: without it nobody reads them`,
          "before a pod is restarted, take the key from one that runs: " +
            `kubectl -n ${namespace} exec ${database}-0 -c agent -- cat /etc/stateful/backup/${BACKUP_FILES.encryptionKey}; make the ` +
            "Secret again with it, or with the copy that you keep. A deployment would make another key",
        )
      : problem(
          database,
          `the Secret ${name} that its backup needs is not there`,
          `make it, with ${keys.join(" and ")}`,
        ),
  );
}

/** Those that make full copies or try restores, the newest last. */
function copyJobs(name: string, { jobs = [] }: Observed): Job[] {
  return jobs
    .filter(
      (job) =>
        job.metadata.labels?.[INSTANCE] === name &&
        isOfBackup(job) &&
        !(LOOK_LABEL in (job.metadata.labels ?? {})),
    )
    .sort((a, b) => startOf(a) - startOf(b));
}

function startOf({ metadata, status }: Job): number {
  return Date.parse(status?.startTime ?? metadata.creationTimestamp) || 0;
}

/** The newest Job of each kind tells: one that succeeded since makes an earlier failure history. */
function failingJobs(database: string, members: readonly Pod[], observed: Observed): Finding[] {
  const newest = new Map(copyJobs(database, observed).map((job) => [kindOf(job, database), job]));
  const told = members.flatMap(agentNotices).map(({ problem: text }) => text);
  return [...newest.values()].flatMap((job) => {
    const pods = observed.pods.filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid }) => uid === job.metadata.uid),
    );
    const over = job.status?.conditions?.find(({ type, status }) => type === "Failed" && status === "True");
    const stuck = pods.flatMap((pod) => stuckJob(pod, job, observed))[0];
    if (stuck) return [stuck];
    if (!over && (job.status?.failed ?? 0) === 0) return [];
    if (job.status?.succeeded) return [];
    const { text, advice } = wordsOf(pods, over?.message);
    const kind = kindOf(job, database);
    // The agent of the member that takes writes has said so already, in its own words.
    if (told.some((said) => said.includes(text) || (failureTold(kind, said) ?? 0) >= startOf(job))) return [];
    const what = over ? "failed" : "fails, and is tried again";
    const logs = `see its log: kubectl -n ${observed.namespace} logs job/${job.metadata.name} -c agent`;
    return [problem(database, `its ${kind} ${what}: ${text}`, advice ?? logs)];
  });
}

function kindOf({ metadata: { name } }: Job, database: string): string {
  return name.startsWith(`${database}-drill`) ? "restore drill" : "full copy";
}

function stuckJob(pod: Pod, job: Job, { at, namespace }: Observed): Finding[] {
  const { name, creationTimestamp } = pod.metadata;
  if (pod.status.phase !== "Pending" || Date.parse(at) - Date.parse(creationTimestamp) < BEGINS_WITHIN)
    return [];
  const waiting = stuckContainer(pod)?.state?.waiting;
  const why =
    unscheduled(pod) ??
    ([waiting?.reason, waiting?.message].filter(Boolean).join(": ") ||
      "its volumes or Secrets are not there yet");
  return [
    problem(
      name,
      `the Job ${job.metadata.name} of the backup does not begin: ${why}`,
      `see what holds it up: kubectl -n ${namespace} describe pod ${name}`,
    ),
  ];
}

/** The last words of what failed, as its agent wrote them; else Kubernetes'. */
function wordsOf(pods: readonly Pod[], message: string | undefined): { text: string; advice?: string } {
  const ended = pods
    .flatMap(({ status }) => status.containerStatuses ?? [])
    .map(({ state, lastState }) => state?.terminated ?? lastState?.terminated)
    .filter((how) => how !== undefined && how.exitCode !== 0)
    .at(-1);
  if (ended?.reason === "OOMKilled")
    return { text: "it ran out of memory", advice: "raise backup.limits.memory" };
  const said = ((ended as { message?: string } | undefined)?.message ?? "").trim().split("\n").reverse();
  for (const line of said) {
    try {
      const { level, message: text, advice } = JSON.parse(line) as Record<string, unknown>;
      if (level !== "error" || typeof text !== "string") continue;
      return { text, ...(typeof advice === "string" ? { advice } : {}) };
    } catch {
      // The rest of a line that was cut.
    }
  }
  return { text: message ?? "it did not say why" };
}

function lateCopy(name: string, { cronJob }: BackupObserved, observed: Observed): Finding[] {
  if (!cronJob) return [];
  const now = Date.parse(observed.at);
  if (cronJob.spec.suspend === true) {
    return [
      notice(
        name,
        "its full copies are suspended",
        `kubectl -n ${observed.namespace} patch cronjob ${cronJob.metadata.name} -p '{"spec":{"suspend":false}}'`,
      ),
    ];
  }
  const every = longestInterval(cronJob.spec.schedule);
  const last = copied(name, observed);
  const since = last > 0 ? last : Date.parse(cronJob.metadata.creationTimestamp);
  if (every === undefined || now - since <= 2 * every) return [];
  const text =
    last > 0
      ? `its last full copy was made ${ageOf(now - last)} ago, though one is due every ${ageOf(every)}`
      : `no full copy of it was ever made, in ${ageOf(now - since)}`;
  return [
    problem(name, text, `make one, and see what it says: ${typed("backup", "now", name, observed.chosenBy)}`),
  ];
}

/** A member that takes writes and says nothing of it, neither until when all is stored nor why not. */
function silence(name: string, pods: readonly Pod[], observed: Observed): Finding[] {
  const until = saidBy(pods);
  const now = Date.parse(observed.at);
  const told = pods.flatMap(agentNotices).some(({ problem: text }) => /stored in the backup/.test(text));
  if (until === 0 || told || now - until < SILENT_AFTER) return [];
  return [
    problem(
      name,
      `nobody has said for ${ageOf(now - until)} that what is committed is in the backup`,
      "see what the member that takes writes is held up by; or this machine's clock is ahead of the cluster's",
    ),
  ];
}
