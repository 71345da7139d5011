import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Problems } from "../common/problems";
import { isVariableName, VARIABLE_RULE, variablesOf } from "../common/variables";
import type { ConnectionArgs } from "../database/connection";
import type { StatelessAppArgs } from "./args";

type EnvVar = k8s.types.input.core.v1.EnvVar;
type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

/** Where the certificate of a database's authority is mounted; those of `connections` beside it, each by its prefix. */
const CA_PATH = "/etc/stateful/database";
const CA_FILE = "ca.crt";
const DEFAULT_PREFIX = "DATABASE";

/** The arguments with an application's connections. */
type Connecting = Pick<StatelessAppArgs, "connection" | "connections" | "connectionPrefix">;
type WithVariables = Pick<StatelessAppArgs, "env" | "secretEnv">;

/** A connection, and the first part of its variables. */
export interface NamedConnection {
  prefix: string;
  connection: ConnectionArgs;
  /** The argument that it was given by. */
  key: string;
  /** Where the certificate of its authority is mounted. */
  path: string;
  /** Whether drivers are told by variables of their own how to verify its server: they have one of each. */
  leads: boolean;
}

/** The first part of a connection's variables, and what of it makes variables. */
export interface ConnectionNames {
  prefix: string;
  /** The argument that it is given by. */
  key: string;
  /** Keys of the hosts that it has beside the main one, and of the ports that it has for them. */
  hosts: string[];
  ports: string[];
}

/** Whether a connection is known before the run; its parts need not be. */
function isKnownConnection(connection: pulumi.Input<ConnectionArgs>): connection is ConnectionArgs {
  return !pulumi.Output.isInstance(connection) && !(connection instanceof Promise);
}

/** All connections by the first parts of their variables, the main one first. */
function byPrefix({
  connection,
  connections = {},
  connectionPrefix = DEFAULT_PREFIX,
}: Connecting): [string, pulumi.Input<ConnectionArgs>][] {
  const main: [string, pulumi.Input<ConnectionArgs>][] =
    connection === undefined ? [] : [[connectionPrefix, connection]];
  return [...main, ...Object.entries(connections)];
}

/** Makes something of the connections: at once where all are known, else when they are. */
export function withConnections<T>(
  args: Connecting,
  make: (connections: NamedConnection[]) => T,
): T | pulumi.Output<pulumi.Unwrap<T>> {
  const all = byPrefix(args);
  const named = (known: readonly { prefix: string; connection: ConnectionArgs }[]): NamedConnection[] =>
    known.map((one, index) => ({
      ...one,
      leads: index === 0,
      key: keyOf(one.prefix, args),
      path: keyOf(one.prefix, args) === "connection" ? CA_PATH : `${CA_PATH}-${one.prefix.toLowerCase()}`,
    }));
  const known = all.flatMap(([prefix, connection]) =>
    isKnownConnection(connection) ? [{ prefix, connection }] : [],
  );
  if (known.length === all.length) return make(named(known));
  const later = all.map(([prefix, one]) =>
    pulumi.output(one).apply((connection) => ({ prefix, connection })),
  );
  return pulumi.all(later).apply((found) => pulumi.output(make(named(found))));
}

/** Finds what is wrong with the connections that are known, and what of them is given twice. */
export function checkConnections(args: Connecting & WithVariables, problems: Problems): void {
  const { connections = {}, connectionPrefix } = args;
  if (connectionPrefix !== undefined && !isVariableName(connectionPrefix)) {
    problems.add("connectionPrefix", { value: connectionPrefix, ...VARIABLE_RULE });
  }
  checkPrefixes(connections, problems.at("connections"));
  const known = byPrefix(args).flatMap(([prefix, one]) =>
    isKnownConnection(one) ? [{ prefix, connection: one, key: keyOf(prefix, args) }] : [],
  );
  checkKnown(args, known, problems);
}

/** Checks the first parts of more connections' variables. */
export function checkPrefixes(connections: Readonly<Record<string, unknown>>, problems: Problems): void {
  for (const prefix of Object.keys(connections)) {
    if (/^[A-Z][A-Z0-9_]{0,39}$/.test(prefix)) continue;
    problems.add(prefix, {
      allowed: "at most 40 upper-case letters, digits and '_', a letter first: variables begin with it",
      fix: "rename it",
    });
  }
}

/** Finds what is wrong with connections, and what of them is given twice. */
export function checkKnown(
  own: WithVariables,
  known: readonly Pick<NamedConnection, "prefix" | "connection" | "key">[],
  problems: Problems,
): void {
  for (const { key, connection } of known) checkHosts(connection, problems.at(key));
  const names = known.map(({ prefix, key, connection: { hosts = {}, ports = {} } }) => ({
    ...{ prefix, key, hosts: Object.keys(hosts), ports: Object.keys(ports) },
  }));
  checkConnectionVariables(own, names, problems);
}

/** The argument that a connection was given by. */
function keyOf(prefix: string, { connection, connectionPrefix = DEFAULT_PREFIX }: Connecting): string {
  return connection !== undefined && prefix === connectionPrefix ? "connection" : `connections.${prefix}`;
}

function checkHosts({ hosts = {} }: ConnectionArgs, problems: Problems): void {
  for (const key of Object.keys(hosts).filter((name) => !/^[A-Za-z0-9_]+$/.test(name))) {
    problems.add("hosts", {
      value: key,
      allowed: "a name of letters, digits and '_', since a variable is called by it",
      fix: "rename it",
    });
  }
}

/** The last part of the variable with another host of a connection than the main one, or with the port of that. */
function variableOf(key: string, what: "HOST" | "PORT"): string {
  return `${key.toUpperCase()}_${what}`;
}

/** Checks that no variable of a connection is given a second time: by another one, or by the application itself. */
export function checkConnectionVariables(
  { env, secretEnv }: WithVariables,
  connections: readonly ConnectionNames[],
  problems: Problems,
): void {
  const taken = new Map<string, string>();
  for (const { prefix, key, hosts, ports } of connections) {
    const parts = [
      ...["HOST", ...hosts.map((key) => variableOf(key, "HOST"))],
      ...["PORT", ...ports.map((key) => variableOf(key, "PORT"))],
      ...["NAME", "USER", "PASSWORD", "CA"],
    ];
    for (const variable of parts.map((part) => `${prefix}_${part}`)) {
      const other = taken.get(variable);
      taken.set(variable, other ?? prefix);
      if (other === undefined) continue;
      problems.add(key, {
        allowed: `variables that no other connection has: ${variable} is one of ${other}'s as well`,
        fix: "give it another name",
      });
      break;
    }
  }
  for (const [key, variables] of Object.entries({ env, secretEnv })) {
    for (const variable of Object.keys(variables ?? {}).filter((name) => taken.has(name))) {
      problems.at(key).add(variable, {
        allowed: "a variable that the connection to the database does not set",
        fix: "remove it, or choose another connectionPrefix",
      });
    }
  }
}

/** What tells an application of its databases. */
export function connectionVariables(connections: readonly NamedConnection[], own: WithVariables): EnvVar[] {
  return connections.flatMap((one) => [...placeOf(one), ...verificationOf(one, own)]);
}

function placeOf({ prefix, connection }: NamedConnection): EnvVar[] {
  const { host, hosts = {}, port, ports = {}, database, username, usernameKey, secretName } = connection;
  const { passwordKey = "password" } = connection;
  const fromSecret = (key: pulumi.Input<string>) => ({ secretKeyRef: { name: secretName, key } });
  return [
    { name: `${prefix}_HOST`, value: host },
    ...Object.entries(hosts).map(([key, value]) => ({ name: `${prefix}_${variableOf(key, "HOST")}`, value })),
    { name: `${prefix}_PORT`, value: asText(port) },
    ...Object.entries(ports).map(([key, value]) => ({
      name: `${prefix}_${variableOf(key, "PORT")}`,
      value: asText(value),
    })),
    { name: `${prefix}_NAME`, value: database },
    usernameKey === undefined
      ? { name: `${prefix}_USER`, value: username }
      : { name: `${prefix}_USER`, valueFrom: fromSecret(usernameKey) },
    { name: `${prefix}_PASSWORD`, valueFrom: fromSecret(passwordKey) },
  ];
}

/**
 * By which clients find the authority, and verify the server, without being told: those that Node's and the engine's drivers
 * read by themselves. What the application sets itself is left to it.
 */
function verificationOf(
  { prefix, connection, path, leads }: NamedConnection,
  { env, secretEnv }: WithVariables,
): EnvVar[] {
  if (connection.caSecretName === undefined) return [];
  const own = { ...env, ...secretEnv };
  const file = `${path}/${CA_FILE}`;
  const read: Record<string, string> = leads
    ? { NODE_EXTRA_CA_CERTS: file, ...connection.driverVariables }
    : {};
  const named = Object.entries(read).map(
    ([name, value]) => [name, value.split("$(DATABASE_CA)").join(`$(${prefix}_CA)`)] as const,
  );
  return variablesOf({
    env: { [`${prefix}_CA`]: file, ...Object.fromEntries(named.filter(([name]) => !(name in own))) },
  });
}

/** The certificates of the databases' authorities. */
export function connectionVolumes(connections: readonly NamedConnection[]): {
  volumes: Volume[];
  mounts: VolumeMount[];
} {
  const verified = connections.flatMap(({ connection: { caSecretName }, path }) =>
    caSecretName === undefined
      ? []
      : [{ secretName: caSecretName, path, name: `${path.slice(CA_PATH.lastIndexOf("/") + 1)}-ca` }],
  );
  return {
    volumes: verified.map(({ name, secretName }) => ({
      name: name.split("_").join("-"),
      // Not the private key beside it. Everybody may read a certificate, whichever user the image has.
      secret: { secretName, defaultMode: 0o444, items: [{ key: CA_FILE, path: CA_FILE }] },
    })),
    mounts: verified.map(({ name, path }) => ({
      name: name.split("_").join("-"),
      mountPath: path,
      readOnly: true,
    })),
  };
}

function asText(port: pulumi.Input<number>): pulumi.Output<string> {
  return pulumi.output(port).apply(String);
}
