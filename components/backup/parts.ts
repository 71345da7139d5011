import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type Identity, standardLabels } from "../common/labels";
import { mutableConfigMap } from "../common/mutable-config-map";
import { resultOf } from "../common/outputs";
import { DataPolicy, replaceable, type RetainingProvider } from "../common/retention";
import { retainedSecret } from "../credentials/retained-secret";
import { decodeSecret } from "../credentials/secret-contents";
import { BACKUP_FILES } from "../protocol/backup";
import { RESTORE_FILES, type RestoreWanted } from "../protocol/restore";
import { backupKeyName, backupName, backupReportName } from "../protocol/names";
import { BACKUP_PATH, BACKUP_VOLUME } from "../protocol/paths";
import type { BackupArgs, RestoreFromArgs } from "./args";
import { backupOutput, type BackupOutput } from "./output";
import { backupSettings } from "./settings";

type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

/** What pods need for a backup: members to send their logs, Jobs to send copies. */
export interface BackupParts {
  backup: BackupArgs;
  /** Whether members may have to be made of another database's backups. */
  restores: boolean;
  /** Volumes of the pod. */
  volumes: Volume[];
  /** Mounts of the agent's container. */
  mounts: VolumeMount[];
  /** What must be there before a pod is. */
  dependsOn: pulumi.Resource[];
  /** What is put out of it. */
  output: pulumi.Output<BackupOutput>;
}

/** What the parts are made of. */
export interface BackupPartsSpec {
  namespace: pulumi.Input<string>;
  identity: Identity;
  /** More labels. */
  labels: Record<string, pulumi.Input<string>> | undefined;
  /** What the database begins with. */
  restoreFrom: RestoreFromArgs | undefined;
  retainingProvider: RetainingProvider;
  parent: pulumi.Resource;
}

/** Makes the ConfigMap with what is wanted, which agents read again while they run, and the key that all is sealed with. */
export function backupParts(database: string, backup: BackupArgs, spec: BackupPartsSpec): BackupParts {
  const { namespace, restoreFrom, parent } = spec;
  const labels = labelsOf(spec);
  const config = mutableConfigMap(
    backupName(database),
    {
      metadata: { name: backupName(database), namespace, labels },
      data: {
        [BACKUP_FILES.settings]: JSON.stringify(backupSettings(backup), undefined, 2),
        ...(restoreFrom
          ? { [RESTORE_FILES.wanted]: JSON.stringify(restoreWanted(restoreFrom), undefined, 2) }
          : {}),
      },
    },
    { parent },
  );
  const key = backup.encryption?.existingSecret ?? generatedKey(database, spec);
  // Without data, which is the Jobs' to write: what is applied then leaves it as it is.
  const report = new k8s.core.v1.ConfigMap(
    `${backupName(database)}-report`,
    { metadata: { name: backupReportName(database), namespace, labels } },
    replaceable(parent),
  );
  const { s3, volume } = backup.destination ?? {};
  const secrets: [name: pulumi.Input<string>, keys: string[]][] = [[key, [BACKUP_FILES.encryptionKey]]];
  const others = restoreFrom && (restoreFrom.encryptionSecret ?? keyOf(restoreFrom, backup));
  const account = s3?.credentials?.existingSecret;
  if (account !== undefined) {
    secrets.push([account, [BACKUP_FILES.accessKeyId, BACKUP_FILES.secretAccessKey]]);
  }
  if (s3?.caSecret !== undefined) secrets.push([s3.caSecret, [BACKUP_FILES.ca]]);
  return {
    backup,
    restores: restoreFrom !== undefined,
    volumes: [
      {
        name: "backup",
        projected: {
          defaultMode: 0o440,
          sources: [
            {
              configMap: {
                name: config.name,
                items: [BACKUP_FILES.settings, ...(restoreFrom ? [RESTORE_FILES.wanted] : [])].map(item),
              },
            },
            ...(others === undefined
              ? []
              : [
                  {
                    secret: {
                      name: others,
                      items: [{ key: BACKUP_FILES.encryptionKey, path: RESTORE_FILES.encryptionKey }],
                      // Once the database is there, the other one and its key may go.
                      optional: true,
                    },
                  },
                ]),
            ...secrets.map(([name, keys]) => ({ secret: { name, items: keys.map(item) } })),
          ],
        },
      },
      ...(volume === undefined
        ? []
        : [{ name: "backup-volume", persistentVolumeClaim: { claimName: volume.claim } }]),
    ],
    mounts: [
      { name: "backup", mountPath: BACKUP_PATH, readOnly: true },
      ...(volume === undefined ? [] : [{ name: "backup-volume", mountPath: BACKUP_VOLUME }]),
    ],
    dependsOn: [config.data],
    output: backupOutput(backup, key, report, `${backupName(database)}-report`, parent),
  };
}

/** Where the key lies that the other database's backups were encrypted with, as far as is known of it. */
function keyOf({ database }: RestoreFromArgs, { encryption }: BackupArgs): string {
  return encryption?.existingSecret ?? backupKeyName(database);
}

function restoreWanted({
  database,
  namespace,
  cluster,
  time,
  beforeTransaction,
}: RestoreFromArgs): RestoreWanted {
  return { database, namespace, cluster, time, beforeTransaction };
}

function item(key: string): { key: string; path: string } {
  return { key, path: key };
}

/** What deletes a database's data goes by its part in the whole, and leaves its backups readable. */
function labelsOf({ identity, labels }: BackupPartsSpec): Record<string, pulumi.Input<string>> {
  return standardLabels({ ...identity, component: "backup" }, labels);
}

/** A key that is there beats a new one, whatever becomes of the database: the backups were sealed with it. */
function generatedKey(database: string, spec: BackupPartsSpec): pulumi.Output<string> {
  const name = backupKeyName(database);
  const { parent } = spec;
  const generated = resultOf(
    new random.RandomPassword(
      `${name}-value`,
      {
        length: 48,
        overrideSpecial: "_",
        minLower: 1,
        minUpper: 1,
        minNumeric: 1,
        minSpecial: 1,
        keepers: { rotation: "1" },
      },
      replaceable(parent),
    ),
  );
  return retainedSecret(
    { ...spec, labels: labelsOf(spec), name, secretName: name, dataPolicy: DataPolicy.Retain },
    (found) => ({
      values: {
        [BACKUP_FILES.encryptionKey]: pulumi.secret(
          pulumi
            .all([found.data, generated])
            .apply(([data, fresh]) => decodeSecret(data, BACKUP_FILES.encryptionKey) ?? fresh),
        ),
      },
    }),
  );
}
