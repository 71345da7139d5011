import * as pulumi from "@pulumi/pulumi";
import type { DatabaseBase } from "./base";
import type { Database } from "./engine";

/** What a database component puts out, of the parts that it was made of. */
export function databaseOutputs(
  { network, credentials, certificate }: DatabaseBase,
  scheme: string,
  port: number,
  database: string,
): Database {
  const { primaryHost, replicasHost, podHosts } = network;
  const { secretName, passwordKey, password, username } = credentials;
  return {
    primaryHost,
    replicasHost,
    port: pulumi.output(port),
    podHosts,
    secretName,
    username,
    passwordKey,
    tlsSecretName: certificate.secretName,
    caCertificate: certificate.caCertificate,
    connectionString: pulumi.secret(
      pulumi
        .all([username, password, primaryHost])
        .apply(
          ([user, secret, host]) =>
            `${scheme}://${user}:${encodeURIComponent(secret)}@${host}:${port}/${database}`,
        ),
    ),
  };
}
