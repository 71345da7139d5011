import { ROTATION_IN_FORCE, ROTATION_WANTED } from "../protocol/annotations";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { resultOf } from "../common/outputs";
import { replaceable } from "../common/retention";
import { retainedSecret, type RetainedSecretSpec } from "./retained-secret";
import { decodeSecret } from "./secret-contents";

/** The rotation of passwords that were never changed. */
export const FIRST_ROTATION = "1";

/** A Secret of passwords that are given, found in it, or generated. */
export interface PasswordSecretSpec extends RetainedSecretSpec {
  /** The passwords by their keys: given ones, and `undefined` where the Secret's is kept or one is generated. */
  passwords: Record<string, pulumi.Input<string> | undefined>;
  /** A new text makes the generated ones anew. @default "1" */
  rotation?: string;
  /** What the engine takes for a password at most, bytes. @default any length */
  maxPasswordBytes?: number;
  /** What else is written into it, from the Secret as it was found and the passwords. */
  besides: (
    found: k8s.core.v1.Secret,
    passwords: Record<string, pulumi.Output<string>>,
  ) => Record<string, pulumi.Input<string>>;
}

/** Makes such a Secret, which outlives its stack. */
export function passwordSecret(spec: PasswordSecretSpec): {
  secretName: pulumi.Output<string>;
  values: Record<string, pulumi.Output<string>>;
} {
  const { name, passwords, rotation = FIRST_ROTATION, besides, annotations, parent } = spec;
  const values: Record<string, pulumi.Output<string>> = {};
  const secretName = retainedSecret(
    { ...spec, annotations: { ...annotations, [ROTATION_WANTED]: rotation } },
    (secret) => {
      const inForce = secret.metadata.apply((metadata) =>
        annotationOf(metadata.annotations, ROTATION_IN_FORCE),
      );
      for (const [key, given] of Object.entries(passwords)) {
        values[key] = chosenPassword(secret, key, {
          ...{ name: `${name}-${key}`, given, rotation, inForce, parent },
          maxPasswordBytes: spec.maxPasswordBytes,
        });
      }
      return {
        values: { ...besides(secret, values), ...values },
        annotations: { [ROTATION_IN_FORCE]: rotation },
      };
    },
  );
  return { secretName, values };
}

/** How a password is chosen. */
export interface PasswordChoice {
  /** Of the Pulumi resource that makes one. */
  name: string;
  /** From a stack's secrets. @default the Secret's, else a generated one */
  given: pulumi.Input<string> | undefined;
  rotation: string;
  /** What the one in the Secret was made for, if that is known. */
  inForce: pulumi.Output<string | undefined>;
  maxPasswordBytes?: number | undefined;
  parent: pulumi.Resource;
}

/** The given password; else what the Secret has at the key, unless another rotation is wanted; else a generated one. */
export function chosenPassword(
  secret: k8s.core.v1.Secret,
  key: string,
  { name, given, rotation, inForce, maxPasswordBytes, parent }: PasswordChoice,
): pulumi.Output<string> {
  if (given !== undefined) {
    return pulumi.secret(
      pulumi.output(given).apply((value) => checkedPassword(key, value, { maxPasswordBytes })),
    );
  }
  const generated = generatePassword(name, rotation, parent);
  return pulumi.secret(
    pulumi
      .all([secret.data, inForce, generated])
      .apply(
        ([data, present, fresh]) =>
          ((present ?? rotation) === rotation ? decodeSecret(data, key) : undefined) ?? fresh,
      ),
  );
}

/** What no engine takes is said before anything is changed. The value itself is never in a message. */
function checkedPassword(
  key: string,
  value: string,
  { maxPasswordBytes }: Pick<PasswordChoice, "maxPasswordBytes">,
): string {
  const bytes = Buffer.byteLength(value);
  const wrong =
    withoutTrailingNewline(value) === ""
      ? "it is empty"
      : value.includes("\0")
        ? "it has a zero byte"
        : maxPasswordBytes !== undefined && bytes > maxPasswordBytes
          ? `it has ${bytes} bytes, and the engine takes ${maxPasswordBytes} at most`
          : undefined;
  if (wrong === undefined) return value;
  throw new pulumi.RunError(`The given ${key} cannot be used: ${wrong}. Choose another one.`);
}

/**
 * 32 letters, digits and underscores: 190 bits, and nothing that a shell, a URL or SQL would have to quote. One of each kind is
 * there, as policies of servers ask for.
 *
 * What is in a Secret already is kept when this changes.
 */
function generatePassword(name: string, rotation: string, parent: pulumi.Resource): pulumi.Output<string> {
  const made = new random.RandomPassword(
    name,
    {
      length: 32,
      overrideSpecial: "_",
      minLower: 1,
      minUpper: 1,
      minNumeric: 1,
      minSpecial: 1,
      keepers: { rotation },
    },
    replaceable(parent),
  );
  return resultOf(made);
}

function annotationOf(annotations: Record<string, string> | undefined, key: string): string | undefined {
  return annotations?.[key];
}

/** `echo secret | base64` puts a newline into many a Secret; no password is meant to end in one. */
export function withoutTrailingNewline(value: string): string {
  return value.replace(/[\r\n]+$/, "");
}
