import { ALTERNATE_USER_OF, alternateUser } from "../../components/credentials/alternate-user";
import type { KubernetesObject } from "../../render/program";
import type { ApiObject, Kubectl } from "../kube/kubectl";
import { INSTANCE } from "../kube/labels";
import type { Secret, StatefulSet, Volume } from "../kube/objects";
import { requireOwned } from "./ownership";
import { manifestsOf, type RenderedStack } from "./rendered-stack";
import { requireCluster } from "./cluster-identity";

/** Owner of the fields that are applied: the one under which Pulumi owns what outlives a stack. */
const FIELD_MANAGER = "stateful";

const ROTATION_IN_FORCE = "stateful/password-rotation";

/**
 * Applies a stack to a cluster. What is there already is kept where it must be: passwords, the node of a local
 * volume, the template of the claims. The API server is asked first whether it would take everything, so that
 * nothing is changed if it would not, but for namespaces that were missing.
 *
 * @throws RefusedError if this is not the stack's cluster, or another stack is there under the same names
 * @throws KubectlError with all that the API server refuses
 */
export async function applyStack(kubectl: Kubectl, stack: RenderedStack): Promise<void> {
  await requireCluster(kubectl, stack);
  await requireOwned(kubectl, stack);
  const objects = await withWhatIsThere(kubectl, stack);
  const namespaces = await missingNamespaces(kubectl, objects);
  // What is in a namespace can only be asked about once that is there.
  if (namespaces.length > 0) await apply(kubectl, manifestsOf(namespaces, stack.file.file));
  const manifests = manifestsOf(objects, stack.file.file);
  await apply(kubectl, manifests, ["--dry-run=server"]);
  await apply(kubectl, manifests);
}

/** Each is asked for by its name: who may use one need not be allowed to list them all. */
async function missingNamespaces(kubectl: Kubectl, objects: KubernetesObject[]): Promise<KubernetesObject[]> {
  const namespaces = objects.filter(({ kind }) => kind === "Namespace");
  const there = await Promise.all(
    namespaces.map(async ({ metadata }) => kubectl.get("namespace", metadata.name)),
  );
  return namespaces.filter((_, index) => there[index] === undefined);
}

async function apply(kubectl: Kubectl, manifests: string, options: string[] = []): Promise<void> {
  await kubectl.run(
    ["apply", "--server-side", `--field-manager=${FIELD_MANAGER}`, ...options, "--filename=-"],
    manifests,
  );
}

/** The objects with what must not be changed in those that the cluster has. */
async function withWhatIsThere(kubectl: Kubectl, stack: RenderedStack): Promise<KubernetesObject[]> {
  const pinned = databasesWithNamedNodes(stack);
  return await Promise.all(
    stack.objects.map(async (object) => {
      const { name, namespace, labels } = object.metadata;
      const there = <T extends ApiObject>() => kubectl.get<T>(object.kind, name, namespace);
      switch (object.kind) {
        case "Secret":
          return withPasswordsOf(object, await there<Secret>(), stack.generated);
        case "StatefulSet":
          return withTemplatesOf(object, await there<StatefulSet>());
        case "PersistentVolume":
          if (pinned.has(labels?.[INSTANCE] ?? "")) return object;
          return withPlaceOf(object, await there<Volume>());
        default:
          return object;
      }
    }),
  );
}

/**
 * A Secret's own passwords beat generated ones: the data was made with them. A rotation asks for new ones. Where the user
 * changes with the password, it does so here too. A certificate is renewed, as long as the authority is still the one that
 * clients know.
 */
export function withPasswordsOf(
  object: KubernetesObject,
  there: Secret | undefined,
  generated: ReadonlySet<string>,
): KubernetesObject {
  if (there === undefined) return object;
  const wanted = object.metadata.annotations?.[ROTATION_IN_FORCE];
  const rotates = (there.metadata.annotations?.[ROTATION_IN_FORCE] ?? wanted) !== wanted;
  const wantedValues = object["stringData"] as Record<string, string>;
  const present = (key: string) => {
    const value = there.data?.[key];
    return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
  };
  const authority = wantedValues["ca.crt"];
  if (authority !== undefined && authority === present("ca.crt")) return object;
  const values = Object.fromEntries(
    Object.entries(wantedValues).map(([key, value]) => [
      key,
      (!rotates && generated.has(value) ? present(key) : undefined) ?? value,
    ]),
  );
  const name = object.metadata.annotations?.[ALTERNATE_USER_OF];
  const before = { username: present("username"), password: present("password") };
  const user = name === undefined ? {} : { username: alternateUser(name, before, values["password"] ?? "") };
  return { ...object, stringData: { ...values, ...user } };
}

/** The template of the claims cannot be changed; the claims themselves are, and it is they that count. */
function withTemplatesOf(object: KubernetesObject, there: StatefulSet | undefined): KubernetesObject {
  const templates = there?.spec.volumeClaimTemplates;
  if (templates === undefined) return object;
  return { ...object, spec: { ...(object["spec"] as object), volumeClaimTemplates: templates } };
}

/** A volume stays on its node when the list of nodes grows. */
function withPlaceOf(object: KubernetesObject, there: Volume | undefined): KubernetesObject {
  const nodeAffinity = there?.spec.nodeAffinity;
  if (nodeAffinity === undefined) return object;
  return { ...object, spec: { ...(object["spec"] as object), nodeAffinity } };
}

/** Where nodes are named for a database's replicas, a move is meant: Kubernetes refuses it in its own words. */
function databasesWithNamedNodes({ config }: RenderedStack): ReadonlySet<string> {
  return new Set(config.databases.flatMap(({ name, nodes }) => (nodes ? [name] : [])));
}
