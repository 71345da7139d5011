import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { RetainingProvider, DataPolicy } from "../common/retention";
import { ALTERNATE_USER_OF } from "../protocol/annotations";
import { alternateUser } from "./alternate-user";
import { type AlternateMemberArgs, memberSecret } from "./member-secret";
import { passwordSecret, withoutTrailingNewline } from "./password-secret";
import { decodeSecret, PASSWORD_KEY, USERNAME_KEY } from "./secret-contents";

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
  /**
   * Whether the password before the present one is ended, with the connections that may have been opened with it: now,
   * and with each rotation. @default false: it stays valid until the next rotation, so that clients can be changed over
   */
  revokePrevious?: boolean;
  /** Users that the engine has of its own, which a Secret of somebody else's must not name. @default none */
  reservedUsers?: string[];
  /** What the engine takes for a password at most, bytes. @default any length */
  maxPasswordBytes?: number;
  /** Keys of passwords that the members use among themselves, in a Secret that no application needs to see. @default none */
  memberKeys?: string[];
  /** One of these that has another name with each new password. @default none */
  alternateMember?: AlternateMemberArgs;
  /** Name of a Secret with these keys, instead of one of ours. @default one of ours */
  existingMemberSecret?: string;
  /** The same as `rotation` for the members' passwords. @default "1" */
  memberRotation?: string;
  /** What becomes of the Secret when it leaves the program. @default retain */
  dataPolicy?: DataPolicy;
  /** Labels of the Secret. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** Provider with `upsertExistingObjects: true`, to find a retained Secret again. @default the parent's */
  retainingProvider?: RetainingProvider;
}

/** Key of a Secret, ours or another's, by which the agent is told to end former passwords: `true` or anything else. */
export const REVOKE_KEY = "revoke-previous";
/** Key of the administrator's password in a Secret of ours. */
export const ADMIN_PASSWORD_KEY = "admin-password";

/**
 * The Secret that a database takes its passwords from, and the truth for them.
 *
 * Passwords come, in this order, from the arguments, from the Secret if it is there already (left by a
 * `pulumi destroy`, or restored with somebody's backup), or from a generator.
 */
export class DatabaseCredentials extends pulumi.ComponentResource {
  /** Name of the Secret. */
  readonly secretName: pulumi.Output<string>;
  /** Name of the Secret with the members' own passwords: `<secretName>-members`, or that of somebody else's. */
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
    const members = args.memberKeys?.length ? memberSecret(name, args.memberKeys, args, this) : undefined;

    this.secretName = secretName;
    this.memberSecretName = members?.secretName ?? secretName;
    // Whoever looks at the password hears of what is missing in the members' Secret, too.
    const checked = pulumi.all([password, members?.checked]);
    this.password = pulumi.secret(checked.apply(([value]) => withoutTrailingNewline(value)));
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
          checkedUsername(existing.name, decodeSecret(data, USERNAME_KEY) ?? args.username, args),
        ),
      )
    : pulumi.output(args.username);
  return { secretName: pulumi.output(existing.name), password, username };
}

/** The user would take the rights of an account that the engine or the members need, or give them to the application. */
function checkedUsername(
  secret: string,
  value: string,
  { reservedUsers = [] }: DatabaseCredentialsArgs,
): string {
  const username = withoutTrailingNewline(value);
  if (!reservedUsers.includes(username)) return username;
  throw new pulumi.RunError(
    `Secret ${secret}: the value of "${USERNAME_KEY}" is "${username}", a user of the engine's own ` +
      `(${reservedUsers.join(", ")}). Write the name of the application's user.`,
  );
}

function createOwn(name: string, args: DatabaseCredentialsArgs, parent: pulumi.Resource): SecretOutputs {
  let username = pulumi.output(args.username);
  const { secretName, values } = passwordSecret({
    ...args,
    name,
    secretName: args.secretName ?? name,
    passwords: { [PASSWORD_KEY]: args.password, [ADMIN_PASSWORD_KEY]: args.adminPassword },
    annotations: args.alternateUsers ? { [ALTERNATE_USER_OF]: args.username } : {},
    besides: (found, chosen) => {
      if (args.alternateUsers) {
        username = pulumi.unsecret(
          pulumi.all([found.data, chosen[PASSWORD_KEY] ?? ""]).apply(([data, password]) => {
            const present = {
              username: decodeSecret(data, USERNAME_KEY),
              password: decodeSecret(data, PASSWORD_KEY),
            };
            return alternateUser(args.username, present, password);
          }),
        );
      }
      return { [USERNAME_KEY]: username, [REVOKE_KEY]: String(args.revokePrevious ?? false) };
    },
    parent,
  });
  return { secretName, password: values[PASSWORD_KEY] ?? pulumi.output(""), username };
}
