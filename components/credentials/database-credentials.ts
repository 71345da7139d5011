import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { DOMAIN } from "../common/labels";
import { type RetainingProvider, type DataPolicy, replaceable } from "../common/retention";
import { decodeSecret, retainedSecret } from "./retained-secret";

/** A Secret that somebody else made. */
export interface ExistingSecretArgs {
  /** Name of the Secret, in the namespace of the database. */
  name: string;
  /** Key of the application user's password. @default password */
  passwordKey?: string;
  /** Key of the administrator's password. @default admin-password */
  adminPasswordKey?: string;
}

/** Passwords of a database. */
export interface DatabaseCredentialsArgs {
  /** Namespace of the Secret. */
  namespace: pulumi.Input<string>;
  /** Name of the Secret to create. @default the name of the component */
  secretName?: string;
  /** Name of the application's user, kept in the Secret beside its password. */
  username: string;
  /**
   * Whether a new password comes with another user, of the two `<username>_a` and `<username>_b`, for engines in
   * which a user has but one password: the one before stays valid until the next change. @default false
   */
  alternateUsers?: boolean;
  /** A Secret to use instead of creating one. Nothing is generated then. @default none */
  existingSecret?: ExistingSecretArgs;
  /** The application user's password, from a stack secret. @default what the Secret holds, else generated */
  password?: pulumi.Input<string>;
  /** The administrator's password, from a stack secret. @default what the Secret holds, else generated */
  adminPassword?: pulumi.Input<string>;
  /** Change this to any other text, a date for instance, and the generated passwords are made anew. @default "1" */
  rotation?: string;
  /** Keys of passwords that the members use among themselves, in a Secret that no application needs to see. @default none */
  memberKeys?: string[];
  /** What becomes of the Secret when it leaves the program. @default retain */
  dataPolicy?: DataPolicy;
  /** Labels of the Secret. @default none */
  labels?: Record<string, string>;
  /** Provider with `upsertExistingObjects: true`, to find a retained Secret again. @default the parent's */
  retainingProvider?: RetainingProvider;
}

/** Key of the application user's password in a Secret of ours. */
export const PASSWORD_KEY = "password";
/** Key of the application's user in a Secret of ours. */
const USERNAME_KEY = "username";
/** Key of the administrator's password in a Secret of ours. */
export const ADMIN_PASSWORD_KEY = "admin-password";

const ROTATION_IN_FORCE = `${DOMAIN}/password-rotation`;
const ROTATION_WANTED = `${DOMAIN}/password-rotation-wanted`;

/**
 * The Secret that a database takes its passwords from, and the truth for them.
 *
 * Passwords come, in this order, from the arguments, from the Secret if it is there already (left by a
 * `pulumi destroy`, or restored with somebody's backup), or from a generator.
 */
export class DatabaseCredentials extends pulumi.ComponentResource {
  /** Name of the Secret. */
  readonly secretName: pulumi.Output<string>;
  /** Name of the Secret with the members' own passwords: `<secretName>-members`, whoever made the other. */
  readonly memberSecretName: pulumi.Output<string>;
  /** Key of the application user's password in the Secret. */
  readonly passwordKey: pulumi.Output<string>;
  /** Key of the administrator's password in the Secret. */
  readonly adminPasswordKey: pulumi.Output<string>;
  /** The application user's password, without a trailing newline. */
  readonly password: pulumi.Output<string>;
  /** The application's user that the password is of. */
  readonly username: pulumi.Output<string>;

  constructor(name: string, args: DatabaseCredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("stateful:index:DatabaseCredentials", name, {}, opts);

    const existing = args.existingSecret;
    const { secretName, password, username } = existing
      ? useExisting(name, existing, args, this)
      : createOwn(name, args, this);
    const members = args.memberKeys?.length ? createMembers(name, args.memberKeys, args, this) : undefined;

    this.secretName = secretName;
    this.memberSecretName = members?.secretName ?? secretName;
    this.password = pulumi.secret(password.apply(withoutTrailingNewline));
    this.username = username;
    this.passwordKey = pulumi.output(existing?.passwordKey ?? PASSWORD_KEY);
    this.adminPasswordKey = pulumi.output(existing?.adminPasswordKey ?? ADMIN_PASSWORD_KEY);
    this.registerOutputs({
      secretName: this.secretName,
      memberSecretName: this.memberSecretName,
      passwordKey: this.passwordKey,
      adminPasswordKey: this.adminPasswordKey,
      password: this.password,
      username: this.username,
    });
  }
}

interface SecretOutputs {
  secretName: pulumi.Output<string>;
  password: pulumi.Output<string>;
  username: pulumi.Output<string>;
}

function useExisting(
  name: string,
  existing: ExistingSecretArgs,
  args: DatabaseCredentialsArgs,
  parent: pulumi.Resource,
): SecretOutputs {
  const secret = k8s.core.v1.Secret.get(
    `${name}-existing`,
    pulumi.interpolate`${args.namespace}/${existing.name}`,
    { parent },
  );
  const key = existing.passwordKey ?? PASSWORD_KEY;
  const password = secret.data.apply((data) => {
    const value = decodeSecret(data, key);
    if (value === undefined) {
      throw new pulumi.RunError(
        `Secret ${existing.name} has no key "${key}". Add it, or name the right key with existingSecret.passwordKey.`,
      );
    }
    if (value !== withoutTrailingNewline(value)) {
      void pulumi.log.warn(
        `Secret ${existing.name}: the value of "${key}" ends in a newline. The database's password is the ` +
          `text without it; a program that reads the Secret must do the same. Make it with "printf %s", not "echo".`,
        parent,
      );
    }
    return value;
  });
  const username = args.alternateUsers
    ? pulumi.unsecret(
        secret.data.apply((data) =>
          withoutTrailingNewline(decodeSecret(data, USERNAME_KEY) ?? args.username),
        ),
      )
    : pulumi.output(args.username);
  return { secretName: pulumi.output(existing.name), password, username };
}

function createOwn(name: string, args: DatabaseCredentialsArgs, parent: pulumi.Resource): SecretOutputs {
  const sources = { [PASSWORD_KEY]: args.password, [ADMIN_PASSWORD_KEY]: args.adminPassword };
  let username = pulumi.output(args.username);
  const { secretName, values } = createSecret(
    name,
    args.secretName ?? name,
    (found, chosen) => {
      if (args.alternateUsers) {
        username = pulumi.unsecret(
          pulumi
            .all([found.data, chosen[PASSWORD_KEY] ?? ""])
            .apply(([data, password]) => userOf(args.username, data, password)),
        );
      }
      return { [USERNAME_KEY]: username };
    },
    sources,
    args,
    parent,
  );
  return { secretName, password: values[PASSWORD_KEY] ?? pulumi.output(""), username };
}

/** Keeps the user of a password that stays, and takes the other one of the two for a new password. */
function userOf(name: string, data: Record<string, string> | undefined, password: string): string {
  const [first, second] = [`${name}_a`, `${name}_b`];
  const present = decodeSecret(data, USERNAME_KEY);
  if (present === undefined) return first;
  if (decodeSecret(data, PASSWORD_KEY) === password) return present;
  return present === first ? second : first;
}

/**
 * The members' own passwords do not follow the rotation: no client knows them, and a member that runs keeps the
 * one that it joined with.
 */
function createMembers(
  name: string,
  keys: string[],
  args: DatabaseCredentialsArgs,
  parent: pulumi.Resource,
): { secretName: pulumi.Output<string> } {
  const sources = Object.fromEntries(keys.map((key) => [key, undefined]));
  const unrotated = { ...args, rotation: undefined };
  return createSecret(
    `${name}-members`,
    `${args.secretName ?? name}-members`,
    () => ({}),
    sources,
    unrotated,
    parent,
  );
}

/**
 * Makes a Secret of passwords that are given, found in it, or generated.
 *
 * @param besides what else is written into it, from the Secret as it was found and the passwords
 */
function createSecret(
  name: string,
  secretName: string,
  besides: (
    found: k8s.core.v1.Secret,
    passwords: Record<string, pulumi.Output<string>>,
  ) => Record<string, pulumi.Input<string>>,
  sources: Record<string, pulumi.Input<string> | undefined>,
  args: DatabaseCredentialsArgs,
  parent: pulumi.Resource,
): { secretName: pulumi.Output<string>; values: Record<string, pulumi.Output<string>> } {
  const rotation = args.rotation ?? "1";
  const values: Record<string, pulumi.Output<string>> = {};
  const found = retainedSecret(
    { ...args, name, secretName, annotations: { [ROTATION_WANTED]: rotation }, parent },
    (secret) => {
      for (const [key, given] of Object.entries(sources)) {
        values[key] =
          given === undefined
            ? keptOrFresh(secret, key, rotation, generatePassword(`${name}-${key}`, rotation, parent))
            : pulumi.secret(given);
      }
      return {
        values: { ...besides(secret, values), ...values },
        annotations: { [ROTATION_IN_FORCE]: rotation },
      };
    },
  );
  return { secretName: found, values };
}

function keptOrFresh(
  secret: k8s.core.v1.Secret,
  key: string,
  rotation: string,
  generated: pulumi.Output<string>,
): pulumi.Output<string> {
  return pulumi.secret(
    pulumi.all([secret.data, secret.metadata, generated]).apply(([data, { annotations }, fresh]) => {
      const inForce = annotationOf(annotations, ROTATION_IN_FORCE) ?? rotation;
      return (inForce === rotation ? decodeSecret(data, key) : undefined) ?? fresh;
    }),
  );
}

/** 32 letters and digits: 190 bits, and nothing that a shell, a URL or SQL would have to quote. */
function generatePassword(name: string, rotation: string, parent: pulumi.Resource): pulumi.Output<string> {
  return new random.RandomPassword(
    name,
    { length: 32, special: false, keepers: { rotation } },
    replaceable(parent),
  ).result;
}

function annotationOf(annotations: Record<string, string> | undefined, key: string): string | undefined {
  return annotations?.[key];
}

/** `echo secret | base64` puts a newline into many a Secret; no password is meant to end in one. */
function withoutTrailingNewline(value: string): string {
  return value.replace(/[\r\n]+$/, "");
}
