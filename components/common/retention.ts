import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** What becomes of the data when the resource that holds it leaves the program. */
export enum DataPolicy {
  /** It stays in the cluster, and is found and used again. */
  Retain = "retain",
  /** It is deleted with the resource. */
  Delete = "delete",
}

/**
 * A Kubernetes provider with `upsertExistingObjects: true`. Not typed as one: the schema for other languages
 * has no type for a provider among the arguments.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type RetainingProvider = any;

/**
 * Options of a child that holds data (claims, volumes, credentials, namespaces).
 *
 * With `retain` the child survives `pulumi destroy` and its own removal from the program; it is then not
 * protected as well, since taking a replica away must be possible while its volume stays. A later
 * `pulumi up` finds the object there, which only a provider with `upsertExistingObjects: true` accepts:
 * hence a provider of its own.
 */
export function retained(
  parent: pulumi.Resource,
  policy: DataPolicy | undefined,
  provider: RetainingProvider,
  extra: pulumi.CustomResourceOptions = {},
): pulumi.CustomResourceOptions {
  const keeps = policy !== DataPolicy.Delete;
  const options: pulumi.CustomResourceOptions = { parent };
  if (keeps) Object.assign(options, { retainOnDelete: true, protect: false });
  if (keeps && provider) options.provider = provider as k8s.Provider;
  return pulumi.mergeOptions(options, extra);
}

/**
 * Annotations of an object that outlives its stack: the name under which its fields are owned.
 *
 * The provider would make up another name in each life of the stack, and the fields of the first life could then
 * not be changed in the second ("apply conflict").
 */
export function ownedAcrossLives(): Record<string, string> {
  return { "pulumi.com/patchFieldManager": "stateful" };
}

/**
 * Options of a child that Pulumi replaces by design, and that protection would only be in the way of.
 *
 * @param keepsFormer - whether what it is replaced by leaves it in the cluster: pods that are replaced days later mount it again when their
 * node has been restarted, and would not come back without it
 */
export function replaceable(parent: pulumi.Resource, keepsFormer = false): pulumi.CustomResourceOptions {
  return { parent, protect: false, ...(keepsFormer ? { retainOnDelete: true } : {}) };
}
