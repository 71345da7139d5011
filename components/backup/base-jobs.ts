import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { standardLabels } from "../common/labels";
import { replaceable } from "../common/retention";
import type { DatabaseBase } from "../database/base";
import type { WithVolumes } from "../database/engine";
import type { EnginePod } from "../database/member-pod";
import { backupName, backupReportName, bootstrapMarkerName, drillName, upkeepName } from "../protocol/names";
import { MAX_MEMBERS } from "../protocol/members";
import { ordinals } from "../storage/replica-volumes";
import { basePod, type BackupMode } from "./base-pod";
import { cronOf, drillCron } from "./schedule";
import { wantedDrill } from "./settings";

/** By it Pulumi waits for no pod. */
const SKIP_AWAIT = "pulumi.com/skipAwait";

/** How long a copy may take, s: it is ended then, so that the next one is not held up. */
const DEADLINE_SECONDS = 12 * 3600;

/** How late one may begin, s, where nobody was there to begin it at its time. */
const STARTING_DEADLINE_SECONDS = 3600;

/** How often one that failed is tried again, after 10, 20, 40 … seconds and 6 minutes at most: an hour and more. */
const ATTEMPTS = 12;

/** How often a drill that failed is tried again. */
const DRILL_ATTEMPTS = 3;

/** What the Jobs of a database's full copies are made of. */
export interface BaseJobsSpec {
  name: string;
  args: WithVolumes;
  base: DatabaseBase;
  pod: EnginePod;
  parent: pulumi.Resource;
}

/**
 * Makes full copies of a database: one a day, and one before its time where what is stored cannot be restored without it, as at the
 * beginning; and tries restores. Nothing, where it has no backup.
 */
export function baseJobs(spec: BaseJobsSpec): void {
  const { name, args, base, parent } = spec;
  const { backup: parts } = base;
  if (parts === undefined) return;
  const identity = { application: `${base.engine}-backup`, instance: name, component: "backup" };
  const labels = standardLabels(identity, args.labels);
  const podLabels = standardLabels(identity);
  const { namespace } = args;
  const metadata = { namespace, labels };
  const serviceAccountName = baseRights(name, metadata, parent).metadata.name;
  const template = (mode: BackupMode) =>
    basePod({ ...spec, parts, labels: podLabels, serviceAccountName, mode });
  const dependsOn = [base.credentials, base.certificate, ...parts.dependsOn];
  const cronJob = (cronName: string, schedule: string, mode: BackupMode, attempts: number) =>
    new k8s.batch.v1.CronJob(
      cronName,
      {
        metadata: { name: cronName, ...metadata },
        spec: {
          schedule,
          timeZone: "Etc/UTC",
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: STARTING_DEADLINE_SECONDS,
          // There is nobody to copy, and what runs a drill waits for a primary. When it goes on, what applied this takes it back.
          ...(args.paused === true ? { suspend: true } : {}),
          successfulJobsHistoryLimit: 2,
          failedJobsHistoryLimit: 2,
          jobTemplate: {
            metadata: { labels },
            spec: {
              backoffLimit: attempts,
              activeDeadlineSeconds: DEADLINE_SECONDS,
              template: template(mode),
            },
          },
        },
      },
      { ...replaceable(parent), dependsOn },
    );
  cronJob(backupName(name), cronOf(name, parts.backup.schedule), "base", ATTEMPTS);
  const drill = wantedDrill(parts.backup);
  if (drill !== undefined) {
    cronJob(drillName(name), drillCron(name, parts.backup.schedule, drill.every), "drill", DRILL_ATTEMPTS);
  }
  new k8s.apps.v1.Deployment(
    upkeepName(name),
    {
      // It works when the database runs, which may be after this deployment, and ends when nothing is left to do.
      metadata: {
        name: upkeepName(name),
        ...metadata,
        annotations: { [SKIP_AWAIT]: "true" },
      },
      // How many there are is its own and the agents' to say: one at first. What is applied later leaves it as it is.
      spec: {
        strategy: { type: "Recreate" },
        selector: { matchLabels: podLabels },
        template: template("upkeep"),
      },
    },
    { ...replaceable(parent), dependsOn },
  );
}

/**
 * The identity of the Jobs: it looks at the database's members and marker, holds the lease by which only one Job at a time
 * changes the backups, and writes down what became of them. It changes nothing else, and reads no Secret.
 */
function baseRights(
  database: string,
  metadata: { namespace: pulumi.Input<string>; labels: Record<string, pulumi.Input<string>> },
  parent: pulumi.Resource,
): k8s.core.v1.ServiceAccount {
  const name = backupName(database);
  const named = { name, ...metadata };
  const account = new k8s.core.v1.ServiceAccount(
    `${name}-service-account`,
    { metadata: named, automountServiceAccountToken: false },
    { parent },
  );
  // Made here, so that nobody needs the right to make one, which no name limits.
  const lease = new k8s.coordination.v1.Lease(`${name}-lease`, { metadata: named }, replaceable(parent));
  const role = new k8s.rbac.v1.Role(
    `${name}-role`,
    {
      metadata: named,
      rules: [
        {
          apiGroups: [""],
          resources: ["configmaps"],
          resourceNames: [bootstrapMarkerName(database)],
          verbs: ["get"],
        },
        {
          apiGroups: [""],
          resources: ["pods"],
          resourceNames: ordinals(MAX_MEMBERS).map((ordinal) => `${database}-${ordinal}`),
          verbs: ["get"],
        },
        {
          apiGroups: [""],
          resources: ["configmaps"],
          resourceNames: [backupReportName(database)],
          verbs: ["get", "patch"],
        },
        {
          apiGroups: ["apps"],
          resources: ["deployments/scale"],
          resourceNames: [upkeepName(database)],
          verbs: ["patch"],
        },
        {
          apiGroups: ["coordination.k8s.io"],
          resources: ["leases"],
          resourceNames: [lease.metadata.name],
          verbs: ["get", "update"],
        },
      ],
    },
    { parent },
  );
  new k8s.rbac.v1.RoleBinding(
    `${name}-role-binding`,
    {
      metadata: named,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: metadata.namespace }],
    },
    { parent },
  );
  return account;
}
