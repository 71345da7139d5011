import { PASSWORD_FILES } from "../protocol/accounts";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type DatabaseCredentials, REVOKE_KEY } from "../credentials/database-credentials";

/**
 * What the agent reads of the Secrets, and the names that go with them. The files follow their sources while the
 * pod runs.
 *
 * @param memberKeys keys of the members' own passwords
 * @param names keys of the ConfigMap with names of users and databases
 */
export function credentialsVolume(
  credentials: DatabaseCredentials,
  config: pulumi.Input<string>,
  memberKeys: string[],
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
        { configMap: { name: config, items: names.map(same) } },
      ],
    },
  };
}
