import {
  checkBytes,
  checkChoice,
  checkCpu,
  checkDuration,
  checkImage,
  checkSecretName,
} from "../common/checks";
import { cronMistake } from "../common/cron";
import { checkPrefix, checkS3 } from "../common/s3-checks";
import { isDnsSubdomain } from "../common/names";
import type { Problems } from "../common/problems";
import { parseBytes, parseSeconds } from "../common/quantity";
import {
  type BackupArgs,
  type BackupDestinationArgs,
  type BackupScheduleArgs,
  BackupSource,
  DrillInterval,
} from "./args";
import { BACKUP_DEFAULTS } from "./defaults";
import { parseWindow } from "../protocol/windows";
import { DRILL_SECONDS, wantedDrill } from "./settings";

/** The longest name of a CronJob, whose name ends in `-backup`. https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ */
const MAX_NAME_LENGTH = 52 - "-backup".length;

/** Least memory of the scratch server. */
const LEAST_MEMORY = "512Mi";

/** What of a database its backup depends on. */
export interface BackedUp {
  name: string;
  /** The engine's name as its users write it. */
  engine: string;
  /** Whether the engine's databases can be backed up. */
  supported: boolean;
  /** Size of each replica's volume, and what it may grow to where it does by itself. */
  storage: string;
}

/** Finds what is wrong with a database's backup. */
export function checkBackup(backup: BackupArgs | undefined, database: BackedUp, problems: Problems): void {
  if (backup === undefined || backup.enabled === false) return;
  if (!database.supported) {
    problems.add("", {
      allowed: `none, for ${database.engine}: its databases cannot be backed up yet`,
      fix: "write `backup: none` for this database, and back it up by other means",
    });
    return;
  }
  if (database.name.length > MAX_NAME_LENGTH) {
    problems.add("", {
      allowed: `with a name of at most ${MAX_NAME_LENGTH} characters: the CronJob is called <name>-backup`,
      fix: "choose a shorter name for the database, or write `backup: none`",
    });
  }
  checkDestination(backup.destination, problems.at("destination"));
  checkSchedule(backup.schedule, problems.at("schedule"));
  checkDuration(
    "retention",
    backup.retention,
    { least: "1d", most: "3650d", usual: BACKUP_DEFAULTS.retention },
    problems,
  );
  checkDuration(
    "recoveryPoint",
    backup.recoveryPoint,
    { least: "5s", most: "1h", usual: BACKUP_DEFAULTS.recoveryPoint },
    problems,
  );
  checkSecretName("encryption.existingSecret", backup.encryption?.existingSecret, problems);
  checkChoice("source", backup.source, Object.values(BackupSource), problems);
  checkImage("image", backup.image, problems);
  checkDrill(backup, problems);
  checkLimits(backup, problems);
  checkScratch(backup, database, problems.at("scratch"));
}

function checkDestination(destination: BackupDestinationArgs | undefined, problems: Problems): void {
  const { s3, volume } = destination ?? {};
  if ((s3 === undefined) === (volume === undefined)) {
    problems.add("", {
      allowed: "exactly one of s3 and volume",
      fix:
        s3 === undefined
          ? "say where backups are kept: `s3: { bucket: …, credentials: { existingSecret: … } }`, or `volume: { claim: … }`"
          : "keep one of the two",
    });
  }
  if (s3 !== undefined) checkS3(s3, problems.at("s3"));
  if (volume === undefined) return;
  if (!isDnsSubdomain(volume.claim)) {
    problems.add("volume.claim", {
      value: volume.claim,
      allowed: "the name of a PersistentVolumeClaim in the database's namespace",
      fix: "correct the name",
    });
  }
  checkPrefix(volume.prefix, problems.at("volume"));
}

function checkSchedule({ window, cron }: BackupScheduleArgs = {}, problems: Problems): void {
  if (window !== undefined && cron !== undefined) {
    problems.add("", { allowed: "one of window and cron", fix: "remove one of them" });
  }
  if (window !== undefined && parseWindow(window) === undefined) {
    problems.add("window", {
      value: window,
      allowed: "two times of the day in UTC, with four digits each, that are not the same",
      fix: "write it like 01:00-05:00; it may go past midnight, as 23:00-02:00",
    });
  }
  const mistake = cron === undefined ? undefined : cronMistake(cron);
  if (mistake !== undefined) problems.add("cron", { value: cron, ...mistake });
}

/** The longest query of a drill. */
const LONGEST_QUERY = 2000;

function checkDrill(backup: BackupArgs, problems: Problems): void {
  const { every, query } = backup.drill ?? {};
  checkChoice("drill.every", every, Object.values(DrillInterval), problems);
  const drill = wantedDrill(backup);
  const retention = backup.retention ?? BACKUP_DEFAULTS.retention;
  const seconds = parseSeconds(retention);
  const longest = drill === undefined ? undefined : DRILL_SECONDS[drill.every];
  if (drill !== undefined && seconds !== undefined && longest !== undefined && seconds < longest) {
    problems.add("retention", {
      value: backup.retention,
      allowed: `at least ${longest / 86_400}d, with a drill that is ${drill.every}: what is deleted before a restore of it was tried was never known to work`,
      fix: "keep backups longer, or set drill.every to a shorter one (daily, weekly), or drill.enabled to false",
    });
  }
  if (query === undefined) return;
  const statement = query.trim().replace(/;$/, "");
  if (
    /^(select|with|values|table)\b/i.test(statement) &&
    statement.length <= LONGEST_QUERY &&
    !statement.includes(";")
  )
    return;
  problems.add("drill.query", {
    value: query.slice(0, 100),
    allowed: `one query that begins with SELECT, of at most ${LONGEST_QUERY} characters and without a ';' in it`,
    fix: "write it like SELECT COUNT(*) > 0 FROM app.orders",
  });
}

function checkLimits({ limits }: BackupArgs, problems: Problems): void {
  if (limits === undefined) return;
  const { cpu, memory, bandwidth } = limits;
  checkCpu("limits.cpu", cpu, problems);
  checkBytes("limits.memory", memory, "1Gi", problems);
  checkBytes("limits.bandwidth", bandwidth, "50Mi", problems);
  const bytes = parseBytes(memory ?? BACKUP_DEFAULTS.memory);
  if (bytes !== undefined && bytes < (parseBytes(LEAST_MEMORY) ?? 0)) {
    problems.add("limits.memory", {
      value: memory,
      allowed: `at least ${LEAST_MEMORY}`,
      fix: `raise it to ${LEAST_MEMORY} or more: each copy is started once by a server of its own`,
    });
  }
  const speed = bandwidth === undefined ? undefined : parseBytes(bandwidth);
  if (speed !== undefined && speed < 1024) {
    problems.add("limits.bandwidth", {
      value: bandwidth,
      allowed: "at least 1Ki, in a second",
      fix: "write it like 50Mi, which is 50 MiB/s",
    });
  }
}

function checkScratch({ scratch }: BackupArgs, { storage }: BackedUp, problems: Problems): void {
  if (scratch === undefined) return;
  const { size, storageClassName, claim } = scratch;
  checkBytes("size", size, storage, problems);
  const [room, needed] = [parseBytes(size ?? storage), parseBytes(storage)];
  if (room !== undefined && needed !== undefined && room < needed) {
    problems.add("size", {
      value: size,
      allowed: `at least the size of a replica's volume, ${storage}: a full copy lies on it`,
      fix: `raise it to ${storage}, or leave it out`,
    });
  }
  if (storageClassName !== undefined && !isDnsSubdomain(storageClassName)) {
    problems.add("storageClassName", {
      value: storageClassName,
      allowed: "the name of a StorageClass",
      fix: "write it as the cluster has it: kubectl get storageclass",
    });
  }
  if (claim === undefined) return;
  if (!isDnsSubdomain(claim)) {
    problems.add("claim", {
      value: claim,
      allowed: "the name of a PersistentVolumeClaim in the database's namespace",
      fix: "correct the name",
    });
  }
  for (const [key, value] of Object.entries({ size, storageClassName })) {
    if (value === undefined) continue;
    problems.add(key, {
      value,
      allowed: "nothing, where a claim is named: its volume is what it is",
      fix: `remove ${key}, or claim`,
    });
  }
}
