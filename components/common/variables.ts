import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { checkSecretKey, checkSecretName } from "./checks";
import { isKnown } from "./outputs";
import type { Problems } from "./problems";
import { holdsSecret, isSecretName } from "./secrets";

type EnvVar = k8s.types.input.core.v1.EnvVar;

/** One value of a Secret. */
export interface SecretKeyArgs {
  /** Name of the Secret. */
  secretName: pulumi.Input<string>;
  /** Key in the Secret. */
  key: string;
}

/** Environment variables as somebody writes them who makes a container. */
export interface Variables {
  env?: Record<string, pulumi.Input<string>> | undefined;
  secretEnv?: Record<string, SecretKeyArgs> | undefined;
}

/** Those of Secrets first: others may refer to them. */
export function variablesOf({ env = {}, secretEnv = {} }: Variables): EnvVar[] {
  return [
    ...Object.entries(secretEnv).map(([name, { secretName, key }]) => ({
      name,
      valueFrom: { secretKeyRef: { name: secretName, key } },
    })),
    ...Object.entries(env).map(([name, value]) => ({ name, value })),
  ];
}

/** Without the value, which would then be in the output too. */
const PLAIN = {
  allowed: "no secret: pods are read by many, and rendered files by more",
  fix: "put it into a Secret, change it if the file was shared, and name it in secretEnv; `$(NAME)` refers to it",
};

/** What a variable may be called, and what to do about another name. */
export const VARIABLE_RULE = {
  allowed: "letters, digits and '_', no digit first",
  fix: "rename the variable",
};

/** Whether a name is one of a variable. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** Finds variables without a proper name, and secrets that stand in the open. */
export function checkVariables({ env = {}, secretEnv = {} }: Variables, problems: Problems): void {
  for (const [key, variables] of Object.entries({ env, secretEnv })) {
    for (const variable of Object.keys(variables)) {
      if (!isVariableName(variable)) problems.at(key).add(variable, VARIABLE_RULE);
    }
  }
  for (const [variable, value] of Object.entries(env)) {
    if (!isKnown(value)) continue;
    const literal = !/^(|true|false|on|off|yes|no|[01])$/i.test(value) && !value.includes("$(");
    if ((literal && isSecretName(variable)) || holdsSecret(value)) problems.at("env").add(variable, PLAIN);
  }
  for (const [variable, { secretName, key }] of Object.entries(secretEnv)) {
    checkSecretName(`secretEnv.${variable}.secretName`, secretName, problems);
    checkSecretKey(`secretEnv.${variable}.key`, key, problems);
  }
}

/** Finds secrets in what a container is started with: it is shown by `ps`, too. */
export function checkWords(key: string, words: string[] | undefined, problems: Problems): void {
  words?.forEach((word, index) => {
    // An option and its value may be two words.
    const before = words[index - 1] ?? "";
    const option = /^--[\w-]+$/.test(before) ? `${before} ` : "";
    if (holdsSecret(option + word)) problems.add(`${key}[${index}]`, PLAIN);
  });
}
