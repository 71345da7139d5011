import { PASSWORD_FILES } from "../protocol/accounts";
import { growthName, initialName, logsName, usersName } from "../protocol/names";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type DatabaseCredentials, REVOKE_KEY } from "../credentials/database-credentials";

/** Which accounts a database has in its Secrets. */
export interface DatabaseAccounts {
  /** Whether applications have another user with each new password. */
  alternateUsers: boolean;
  /** Keys of the passwords that the members have among themselves, in their Secret. */
  memberKeys: string[];
  /** Keys of names that change with a password; need not be there. */
  memberNames: string[];
}

/**
 * What the agent reads of the Secrets, and the names that go with them. The files follow their sources while the
 * pod runs.
 *
 * @param names keys of the ConfigMap with names of users and databases
 * @param member of which database it is, where it serves: then it reads what is to be logged, how volumes grow and what it begins with, too, and where it keeps them, the lists of
 *   further users, whether there is any of it or not
 */
export function credentialsVolume(
  credentials: DatabaseCredentials,
  config: pulumi.Input<string>,
  { alternateUsers, memberKeys, memberNames }: DatabaseAccounts,
  names: string[],
  member?: { database: string; keepsUsers: boolean },
): k8s.types.input.core.v1.Volume {
  const same = (key: string) => ({ key, path: key });
  return {
    name: "credentials",
    projected: {
      defaultMode: 0o440,
      sources: [
        {
          secret: {
            name: credentials.secretName,
            items: [
              { key: credentials.adminPasswordKey, path: PASSWORD_FILES.administrator },
              { key: credentials.passwordKey, path: PASSWORD_FILES.application },
            ],
          },
        },
        {
          secret: {
            name: credentials.secretName,
            items: [REVOKE_KEY, ...(alternateUsers ? ["username"] : [])].map(same),
            optional: true,
          },
        },
        { secret: { name: credentials.memberSecretName, items: memberKeys.map(same) } },
        ...(memberNames.length > 0
          ? [{ secret: { name: credentials.memberSecretName, items: memberNames.map(same), optional: true } }]
          : []),
        { configMap: { name: config, items: names.map(same) } },
        ...(member === undefined
          ? []
          : [logsName, growthName, initialName].map((named) => ({
              configMap: { name: named(member.database), optional: true },
            }))),
        ...(member?.keepsUsers === true
          ? [
              { configMap: { name: usersName(member.database), optional: true } },
              { secret: { name: usersName(member.database), optional: true } },
            ]
          : []),
      ],
    },
  };
}
