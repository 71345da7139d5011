import * as pulumi from "@pulumi/pulumi";
import { valueOf } from "../support/recording";

/** What of a resource cannot change without another object taking its place, or others losing sight of it. */
export interface Facts {
  /** Of Pulumi: another one is another resource. */
  urn: string;
  [field: string]: unknown;
}

type Inputs = Record<string, any>;

/** Fields by kind that Kubernetes changes in no object, or that clients and members go by. */
const FIXED: Record<string, (inputs: Inputs) => Record<string, unknown>> = {
  StatefulSet: ({ spec }) => ({
    serviceName: spec.serviceName,
    podManagementPolicy: spec.podManagementPolicy,
    selector: spec.selector,
    claims: spec.volumeClaimTemplates,
    podLabels: spec.template.metadata.labels,
  }),
  Deployment: ({ spec }) => ({ selector: spec.selector, podLabels: spec.template.metadata.labels }),
  Service: ({ spec }) => ({ clusterIP: spec.clusterIP, selector: spec.selector, ports: spec.ports }),
  Secret: ({ data, stringData, type }) => ({ type, keys: Object.keys({ ...data, ...stringData }).sort() }),
  SecretPatch: ({ data, stringData }) => ({ keys: Object.keys({ ...data, ...stringData }).sort() }),
  // One without a name gets another object with each change.
  ConfigMap: ({ metadata, data }) =>
    metadata?.name === undefined ? {} : { keys: Object.keys(data ?? {}).sort() },
  ConfigMapPatch: ({ data }) => ({ keys: Object.keys(data ?? {}).sort() }),
  PersistentVolumeClaim: ({ spec }) => ({
    accessModes: spec.accessModes,
    storageClassName: spec.storageClassName,
    volumeMode: spec.volumeMode,
  }),
  PersistentVolume: ({ spec }) => ({
    claimRef: spec.claimRef,
    local: spec.local,
    storageClassName: spec.storageClassName,
    reclaim: spec.persistentVolumeReclaimPolicy,
  }),
  StorageClass: ({ provisioner, volumeBindingMode, reclaimPolicy }) => ({
    provisioner,
    volumeBindingMode,
    reclaimPolicy,
  }),
  EndpointSlice: ({ addressType, metadata }) => ({
    addressType,
    service: metadata.labels["kubernetes.io/service-name"],
    managedBy: metadata.labels["endpointslice.kubernetes.io/managed-by"],
  }),
  RoleBinding: ({ roleRef, subjects }) => ({ roleRef, subjects }),
};

/** Runs a program against mocks. @returns what of its resources cannot change, by their order of URNs */
export async function factsOf(program: () => unknown): Promise<Facts[]> {
  const inputs = new Map<string, Inputs>();
  const made: { type: string; name: string; resource: pulumi.Resource }[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        inputs.set(`${args.type} ${args.name}`, unwrapped(args.inputs) as Inputs);
        const generated = args.type.endsWith(":RandomPassword") ? { result: "generated" } : {};
        return { id: args.id || `${args.name}-id`, state: { ...(args.inputs as object), ...generated } };
      },
      call: (args) => args.inputs as Inputs,
    },
    "stateful",
    "test",
  );
  await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation(({ type, name, resource }) => {
      made.push({ type, name, resource });
      return undefined;
    });
    await program();
    return {};
  });
  await pulumi.runtime.disconnect();
  const facts = await Promise.all(
    made.map(async ({ type, name, resource }) => {
      const given = inputs.get(`${type} ${name}`) ?? {};
      const { name: object, namespace } = (given["metadata"] ?? {}) as { name?: string; namespace?: string };
      const fixed = FIXED[type.split(":").at(-1) ?? ""]?.(given) ?? {};
      return { urn: await valueOf(resource.urn), object, namespace, ...fixed };
    }),
  );
  return (JSON.parse(JSON.stringify(facts)) as Facts[]).sort((a, b) => (a.urn < b.urn ? -1 : 1));
}

const SECRET = "4dabf18193072939515e22adb298388d";

function unwrapped(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unwrapped);
  if (SECRET in value) return unwrapped((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, unwrapped(entry)]));
}
