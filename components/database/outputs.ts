import * as pulumi from "@pulumi/pulumi";
import { type Endpoint, endpointsOf, hostOutputs, podHosts } from "../network/endpoints";
import { mainEndpoint } from "../protocol/topology";
import type { DatabaseBase } from "./base";
import type { ConnectionArgs } from "./connection";
import type { Database } from "./database";
import type { ResolvedArgs } from "./engine";

/** What an engine says of connections to it. */
export interface ConnectionSpec {
  /** Of URLs. */
  scheme: string;
  /** See {@link ConnectionArgs}. @default none */
  driverVariables?: Record<string, string>;
}

/** What a database component puts out, of the parts that it was made of. */
export function databaseOutputs(
  name: string,
  { namespace, replicas, database }: Pick<ResolvedArgs, "namespace" | "replicas" | "database">,
  {
    topology,
    credentials,
    certificate,
    backup,
  }: Pick<DatabaseBase, "topology" | "credentials" | "certificate" | "backup">,
  { scheme, driverVariables }: ConnectionSpec,
): Database {
  const place = { database: name, namespace, replicas };
  const endpoints = endpointsOf(topology, place);
  const main = mainEndpoint(endpoints);
  const { secretName, passwordKey, password, username } = credentials;
  return {
    ...hostOutputs(endpoints),
    port: pulumi.output(main.port.port),
    podHosts: podHosts(place),
    secretName,
    username,
    passwordKey,
    tlsSecretName: certificate.secretName,
    caCertificate: certificate.caCertificate,
    backup: backup?.output ?? pulumi.output({ enabled: false }),
    connection: {
      host: main.host,
      hosts: hostsBeside(main, endpoints),
      port: main.port.port,
      database,
      username,
      secretName,
      passwordKey,
      caSecretName: certificate.secretName,
      driverVariables,
      clientOf: name,
    },
    connectionString: pulumi.secret(
      pulumi
        .all([username, password, main.address])
        .apply(
          ([user, secret, address]) =>
            `${scheme}://${user}:${encodeURIComponent(secret)}@${address}/${database}`,
        ),
    ),
  };
}

/** What a component puts out that other programs than its own look at, without what is only there for components. */
export function shownOutputs({
  port,
  podHosts: pods,
  username,
  secretName,
  passwordKey,
  tlsSecretName,
  backup,
  connectionString,
}: Database): Omit<Database, "caCertificate" | "connection"> {
  return { port, podHosts: pods, username, secretName, passwordKey, tlsSecretName, backup, connectionString };
}

function hostsBeside(main: Endpoint, endpoints: readonly Endpoint[]): ConnectionArgs["hosts"] {
  return Object.fromEntries(endpoints.filter((one) => one !== main).map(({ key, host }) => [key, host]));
}
