import { alternateMember, alternateUser } from "../../components/credentials/alternate-user";
import {
  decodeSecret,
  PASSWORD_KEY,
  rotationKeyOf,
  USERNAME_KEY,
  usernameKeyOf,
} from "../../components/credentials/secret-contents";
import {
  ALTERNATE_USER_OF,
  ALTERNATE_USERS,
  ALTERNATES_WITH,
  RESTORED_FROM,
  ROTATION_IN_FORCE,
} from "../../components/protocol/annotations";
import { userLoginKey, userPasswordKey } from "../../components/protocol/users";
import { restoreRefusal } from "../../components/backup/restore-guard";
import type { KubernetesObject } from "../../render/program";
import type { Kubectl } from "../kube/kubectl";
import type { Secret } from "../kube/objects";
import { type Change, changesOf, describeChanges, nameOf } from "./changes";
import { growsBySelf, withSizeOf } from "./grown-claims";
import { deleteObjects } from "./delete-objects";
import { formerParts } from "./former-parts";
import { lateDeletions } from "./late-deletions";
import { requireOwned } from "./ownership";
import { manifestsOf, optionsOf, type RenderedStack } from "./rendered-stack";
import { RefusedError } from "./refused-error";
import { requireServedKinds } from "./served-kinds";
import { requireCluster } from "./cluster-identity";

/** Owner of the fields that are applied: the one under which Pulumi owns what outlives a stack. */
export const FIELD_MANAGER = "stateful";

/**
 * Applies a stack to a cluster. What is there already is kept where it must be: passwords, and the fields whose changes
 * Pulumi is told to ignore. The API server is asked first whether it would take everything, so that
 * nothing is changed if it would not, but for namespaces that were missing.
 *
 * @throws RefusedError if this is not the stack's cluster, or another stack is there under the same names
 * @throws KubectlError with all that the API server refuses
 */
export async function applyStack(kubectl: Kubectl, stack: RenderedStack): Promise<void> {
  const objects = await toApply(kubectl, stack);
  const namespaces = await missingNamespaces(kubectl, objects);
  // What is in a namespace can only be asked about once that is there.
  if (namespaces.length > 0) await apply(kubectl, manifestsOf(namespaces, stack.file.file));
  const batches = batchesOf(objects).map(({ some, options }) => ({
    manifests: manifestsOf(some, stack.file.file),
    options,
  }));
  for (const { manifests, options } of batches) {
    await apply(kubectl, manifests, [...options, "--dry-run=server"]);
  }
  await lateDeletions(kubectl, objects);
  for (const { manifests, options } of batches) await apply(kubectl, manifests, options);
  await deleteObjects(kubectl, await formerParts(kubectl, stack));
}

/**
 * What {@link applyStack} would change, in lines. Nothing is changed.
 *
 * @throws as that does
 */
export async function previewStack(kubectl: Kubectl, stack: RenderedStack): Promise<string> {
  const objects = await toApply(kubectl, stack);
  const changes: Change[] = [];
  for (const { some, options } of batchesOf(objects)) {
    changes.push(
      ...(await changesOf(
        kubectl,
        some,
        (asked) => manifestsOf(asked, stack.file.file),
        (manifests) => apply(kubectl, manifests, [...options, "--dry-run=server", "-o", "json"]),
      )),
    );
  }
  const former = (await formerParts(kubectl, stack)).map((object) => ({
    object: nameOf(object),
    gone: true,
  }));
  return describeChanges([...changes, ...former], objects.length);
}

/** The objects as they are to be, where nothing is against it. */
async function toApply(kubectl: Kubectl, stack: RenderedStack): Promise<KubernetesObject[]> {
  await requireCluster(kubectl, stack);
  await requireServedKinds(kubectl, stack.objects);
  await requireOwned(kubectl, stack);
  await refuseRestoreOverData(kubectl, stack);
  return await withWhatIsThere(kubectl, stack);
}

/** @throws RefusedError where a database that is there is to begin with another one's backup: Pulumi refuses it at preview */
async function refuseRestoreOverData(kubectl: Kubectl, { objects }: RenderedStack): Promise<void> {
  for (const { kind, metadata } of objects) {
    if (kind !== "StatefulSet" || metadata.annotations?.[RESTORED_FROM] === undefined) continue;
    const there = await kubectl.get(kind, metadata.name, metadata.namespace);
    const why = there && restoreRefusal(metadata.name, there, { metadata });
    if (why !== undefined) throw new RefusedError(`${why}\nNothing was changed.`);
  }
}

/** Each is asked for by its name: who may use one need not be allowed to list them all. */
async function missingNamespaces(kubectl: Kubectl, objects: KubernetesObject[]): Promise<KubernetesObject[]> {
  const namespaces = objects.filter(({ kind }) => kind === "Namespace");
  const there = await Promise.all(
    namespaces.map(async ({ metadata }) => kubectl.get("namespace", metadata.name)),
  );
  return namespaces.filter((_, index) => there[index] === undefined);
}

/**
 * What is applied in one call. Claims that grow by themselves come first, before a set that would make claims of its own: their size is their
 * agents' field once those have raised it, and is taken back.
 */
function batchesOf(objects: KubernetesObject[]): { some: KubernetesObject[]; options: string[] }[] {
  return [
    { some: objects.filter((object) => growsBySelf(object)), options: ["--force-conflicts"] },
    { some: objects.filter((object) => !growsBySelf(object)), options: [] },
  ].filter(({ some }) => some.length > 0);
}

async function apply(kubectl: Kubectl, manifests: string, options: string[] = []): Promise<string> {
  return await kubectl.run(
    ["apply", "--server-side", `--field-manager=${FIELD_MANAGER}`, ...options, "--filename=-"],
    manifests,
  );
}

/** The objects with what must not be changed in those that the cluster has. */
async function withWhatIsThere(kubectl: Kubectl, stack: RenderedStack): Promise<KubernetesObject[]> {
  return await Promise.all(
    stack.objects.map(async (object) => {
      if (growsBySelf(object)) return await withSizeOf(kubectl, object);
      const { ignoreChanges } = optionsOf(object, stack);
      if (object.kind !== "Secret" && ignoreChanges.length === 0) return object;
      const there = await kubectl.get(object.kind, object.metadata.name, object.metadata.namespace);
      if (there === undefined) return object;
      const wanted = object.kind === "Secret" ? withPasswordsOf(object, there, stack.generated) : object;
      return ignoreChanges.reduce((merged, path) => withFieldOf(merged, there, path.split(".")), wanted);
    }),
  );
}

/** An object with one field as another has it, if that has it. */
function withFieldOf<T extends object>(object: T, there: object, [key = "", ...rest]: string[]): T {
  const found: unknown = Reflect.get(there, key);
  if (found === undefined) return object;
  if (rest.length === 0) return { ...object, [key]: found };
  const own: unknown = Reflect.get(object, key);
  if (!isMap(own) || !isMap(found)) return object;
  return { ...object, [key]: withFieldOf(own, found, rest) };
}

function isMap(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A Secret's own passwords beat generated ones: the data was made with them. A rotation asks for new ones. Where the user
 * changes with the password, it does so here too. A certificate is renewed, as long as the authority is still the one that
 * clients know.
 */
export function withPasswordsOf(
  object: KubernetesObject,
  there: Secret,
  generated: ReadonlySet<string>,
): KubernetesObject {
  const wanted = object.metadata.annotations?.[ROTATION_IN_FORCE];
  const rotates = (there.metadata.annotations?.[ROTATION_IN_FORCE] ?? wanted) !== wanted;
  const wantedValues = object["stringData"] as Record<string, string> | undefined;
  // What agents write is not applied at all.
  if (wantedValues === undefined) return object;
  const present = (key: string) => decodeSecret(there.data, key);
  const authority = wantedValues["ca.crt"];
  if (authority !== undefined && authority === present("ca.crt")) return object;
  const rotatesAt = (key: string): boolean => {
    const rotationKey = rotationKeyOf(key);
    const own = rotationKey && wantedValues[rotationKey];
    return rotationKey === undefined || own === undefined ? rotates : (present(rotationKey) ?? own) !== own;
  };
  const values = Object.fromEntries(
    Object.entries(wantedValues).map(([key, value]) => [
      key,
      (generated.has(value) && !rotatesAt(key) ? present(key) : undefined) ?? value,
    ]),
  );
  for (const user of object.metadata.annotations?.[ALTERNATE_USERS]?.split(",") ?? []) {
    const [loginKey, passwordKey] = [userLoginKey(user), userPasswordKey(user)];
    const before = { username: present(loginKey), password: present(passwordKey) };
    values[loginKey] = alternateUser(user, before, values[passwordKey] ?? "");
  }
  const name = object.metadata.annotations?.[ALTERNATE_USER_OF];
  if (name === undefined) return { ...object, stringData: values };
  const passwordKey = object.metadata.annotations?.[ALTERNATES_WITH] ?? PASSWORD_KEY;
  const password = values[passwordKey] ?? "";
  const before = { username: present(USERNAME_KEY), password: present(PASSWORD_KEY) };
  const user =
    passwordKey === PASSWORD_KEY
      ? alternateUser(name, before, password)
      : alternateMember({ name, passwordKey }, there.data, password);
  return { ...object, stringData: { ...values, [usernameKeyOf(passwordKey)]: user } };
}
