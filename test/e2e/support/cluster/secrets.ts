import { until } from "../../../../cluster/wait";
import { LOGIN_KEYS } from "../../../../components/protocol/accounts";
import { loginSecretName } from "../../../../components/protocol/names";
import type { Kubectl } from "../../../../operate/kube/kubectl";
import type { Secret } from "../../../../operate/kube/objects";

/** A user of a database with its password. */
export interface Login {
  user: string;
  password: string;
}

/** What a Secret holds. @returns texts; one that it lacks cannot be read by mistake for an empty one */
export async function secretValues(
  kubectl: Kubectl,
  namespace: string,
  name: string,
): Promise<(key: string) => string> {
  const secret = await kubectl.get<Secret>("secret", name, namespace);
  if (secret === undefined) throw new Error(`there is no Secret ${name} in ${namespace}`);
  return (key) => {
    const value = secret.data?.[key];
    if (!value) throw new Error(`the Secret ${name} in ${namespace} has no ${key}`);
    return decode(value);
  };
}

/** The application's user of a database, as its Secret has it. */
export async function applicationLogin(
  kubectl: Kubectl,
  namespace: string,
  database: string,
): Promise<Login> {
  const value = await secretValues(kubectl, namespace, `${database}-credentials`);
  return { user: value("username"), password: value("password") };
}

/** What applications log in by, once the servers accept it and it is published. */
export async function publishedLogin(kubectl: Kubectl, namespace: string, database: string): Promise<Login> {
  return loginIn(kubectl, namespace, loginSecretName(database));
}

/** What a Secret holds that agents write, once they have. */
export async function loginIn(
  kubectl: Kubectl,
  namespace: string,
  name: string,
  timeoutSeconds = 120,
): Promise<Login> {
  await until(async () => (await kubectl.get<Secret>("secret", name, namespace))?.data !== undefined, {
    what: `a login in the Secret ${name}`,
    timeoutSeconds,
  });
  const value = await secretValues(kubectl, namespace, name);
  return { user: value(LOGIN_KEYS.username), password: value(LOGIN_KEYS.password) };
}

export function decode(value: string): string {
  return Buffer.from(value, "base64").toString("utf8");
}
