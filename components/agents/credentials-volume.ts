import { PASSWORD_FILES } from "../protocol/accounts";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type DatabaseCredentials, REVOKE_KEY } from "../credentials/database-credentials";

/** What the members have among themselves in their Secret. */
export interface MemberAccounts {
  /** Keys of their passwords. */
  memberKeys: string[];
  /** Keys of names that change with a password; need not be there. */
  memberNames: string[];
}

/**
 * What the agent reads of the Secrets, and the names that go with them. The files follow their sources while the
 * pod runs.
 *
 * @param names keys of the ConfigMap with names of users and databases
 */
export function credentialsVolume(
  credentials: DatabaseCredentials,
  config: pulumi.Input<string>,
  { memberKeys, memberNames }: MemberAccounts,
  names: string[],
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
            // Another user with each new password, for engines that need it so.
            items: [REVOKE_KEY, ...(names.includes("owner") ? ["username"] : [])].map(same),
            optional: true,
          },
        },
        { secret: { name: credentials.memberSecretName, items: memberKeys.map(same) } },
        ...(memberNames.length > 0
          ? [{ secret: { name: credentials.memberSecretName, items: memberNames.map(same), optional: true } }]
          : []),
        { configMap: { name: config, items: names.map(same) } },
      ],
    },
  };
}
