import * as pulumi from "@pulumi/pulumi";
import { endpointsOf, hostOutputs, podHosts } from "../network/endpoints";
import { LOGIN_KEYS } from "../protocol/accounts";
import { besideMain, mainEndpoint } from "../protocol/topology";
import type { DatabaseBase } from "./base";
import type { Database } from "./database";
import type { ResolvedArgs } from "./engine";

/** What an engine says of connections to it. */
export interface ConnectionSpec {
  /** Of URLs. */
  scheme: string;
  /** Their port, where URLs have every member in place of the one name. @default the one name */
  membersPort?: number;
  /** What follows `?` in URLs, by name: what the engine's drivers are to be told. @default nothing */
  parameters?: Readonly<Record<string, string>>;
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
    loginSecretName,
    certificate,
    backup,
  }: Pick<DatabaseBase, "topology" | "credentials" | "loginSecretName" | "certificate" | "backup">,
  { scheme, membersPort, parameters = {}, driverVariables }: ConnectionSpec,
): Database {
  const place = { database: name, namespace, replicas };
  const endpoints = endpointsOf(topology, place);
  const main = mainEndpoint(endpoints);
  const { secretName, passwordKey, password, username } = credentials;
  const { beside, otherPort } = besideMain(endpoints);
  const query = Object.entries(parameters)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .join("&");
  const pods = podHosts(place);
  const address =
    membersPort === undefined
      ? main.address
      : pods.apply((hosts) => hosts.map((host) => `${host}:${membersPort}`).join(","));
  return {
    ...hostOutputs(endpoints),
    port: pulumi.output(main.port.port),
    podHosts: pods,
    secretName,
    username,
    passwordKey,
    tlsSecretName: certificate.secretName,
    caCertificate: certificate.caCertificate,
    backup: backup?.output ?? pulumi.output({ enabled: false }),
    connection: {
      host: main.host,
      hosts: Object.fromEntries(beside.map(({ key, host }) => [key, host])),
      port: main.port.port,
      ...(otherPort.length === 0
        ? {}
        : { ports: Object.fromEntries(otherPort.map(({ key, port }) => [key, port.port])) }),
      database,
      username,
      usernameKey: LOGIN_KEYS.username,
      secretName: loginSecretName,
      passwordKey: LOGIN_KEYS.password,
      caSecretName: certificate.secretName,
      driverVariables,
      clientOf: name,
    },
    connectionString: pulumi.secret(
      pulumi
        .all([username, password, address])
        .apply(
          ([user, secret, there]) =>
            `${scheme}://${user}:${encodeURIComponent(secret)}@${there}/${database}${query && `?${query}`}`,
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
