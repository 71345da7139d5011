import { dump } from "js-yaml";
import { COMPONENT } from "../../components/protocol/labels";
import type { StackConfig } from "../../stacks/types";
import { ASK_SECONDS, reportPath } from "../kube/agents";
import { type ApiObject, type Kubectl, reasonOf } from "../kube/kubectl";
import { OURS } from "../kube/labels";
import type { Pod, Secret, Volume } from "../kube/objects";
import { eachText, redactor, type Redact, shownObject } from "./redact";

/** What is in a report: its files by their paths, and what could not be had. */
export interface Collected {
  files: Map<string, string>;
  /** What could not be had, and why, a sentence each. */
  missing: string[];
  redact: Redact;
}

/** Kinds of a stack's namespace that tell how it is. */
const NAMESPACED = [
  ...["statefulsets", "deployments", "pods", "persistentvolumeclaims", "services", "endpointslices"],
  ...["configmaps", "networkpolicies", "poddisruptionbudgets", "serviceaccounts", "roles", "rolebindings"],
  ...["cronjobs", "jobs", "leases"],
];

/** Kinds of the whole cluster: of volumes only those of the stack. */
const OF_THE_CLUSTER = ["nodes", "storageclasses", "csidrivers"];

/** Each log from its end: enough for the hours before, and few enough for an attachment. */
const LOG = ["--tail=5000", "--limit-bytes=2000000", "--timestamps"];

/**
 * Collects what somebody needs who helps with a stack and cannot look at its cluster. What the caller may not see is
 * noted, and left out. Logs are left out, too, where Secrets may not be read: nobody could see that none is in them.
 *
 * @throws KubectlError if the cluster does not answer
 */
export async function collect(
  kubectl: Kubectl,
  { namespace }: Pick<StackConfig, "namespace">,
  { applications = false }: { applications?: boolean } = {},
): Promise<Collected> {
  const files = new Map<string, string>();
  const missing: string[] = [];
  const attempt = async <T>(what: string, look: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await look();
    } catch (error) {
      missing.push(`${what}: ${reasonOf(error)}`);
      return undefined;
    }
  };
  files.set("versions/cluster.json", await kubectl.run(["version", "-o", "json"]));
  const secrets = await attempt("secrets", async () => await kubectl.list<Secret>("secrets", namespace));
  const redact = redactor(secrets ?? []);
  const add = (path: string, text: string) => files.set(path, redact(text));
  const addObjects = (kind: string, objects: ApiObject[]) => {
    for (const object of objects) {
      const shown = eachText(shownObject(object), redact);
      files.set(`objects/${kind}/${object.metadata.name}.yaml`, dump(shown, { lineWidth: -1, noRefs: true }));
    }
  };

  const pods: Pod[] = [];
  const found = NAMESPACED.map(async (kind) => {
    const objects = await attempt(kind, async () => await kubectl.list(kind, namespace, OURS));
    addObjects(kind, objects ?? []);
    if (kind === "pods") pods.push(...((objects ?? []) as Pod[]));
  });
  const ofTheCluster = OF_THE_CLUSTER.map(async (kind) => {
    addObjects(kind, (await attempt(kind, async () => await kubectl.list(kind))) ?? []);
  });
  const volumes = attempt("persistentvolumes", async () => await kubectl.list<Volume>("persistentvolumes"));
  const events = attempt(
    "events",
    async () => await kubectl.run(["get", "events", "-n", namespace, "-o", "json"]),
  );
  await Promise.all([...found, ...ofTheCluster]);
  addObjects("secrets", secrets ?? []);
  addObjects(
    "persistentvolumes",
    ((await volumes) ?? []).filter(({ spec }) => spec.claimRef?.namespace === namespace),
  );
  if ((await events) !== undefined) add("events.json", (await events) ?? "");

  const members = pods.filter(({ metadata }) => metadata.labels?.[COMPONENT] === "database");
  await Promise.all(
    members.map(async ({ metadata: { name } }) => {
      const path = reportPath(namespace, name);
      const report = await attempt(`the agent of ${name}`, async () => await kubectl.raw(path, ASK_SECONDS));
      if (report !== undefined) add(`agents/${name}.json`, report);
    }),
  );

  const spoken = pods.filter(
    ({ metadata }) => applications || metadata.labels?.[COMPONENT] !== "application",
  );
  if (secrets === undefined) {
    missing.push(
      "logs: without the right to read Secrets, nobody could see that none of their values is in them",
    );
  } else {
    for (const pod of spoken) await addLogs(pod);
  }
  return { files, missing, redact };

  async function addLogs({ metadata: { name }, status }: Pod): Promise<void> {
    const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    for (const { name: container, restartCount } of containers) {
      const logs = ["logs", name, "-n", namespace, "-c", container, ...LOG];
      const now = await attempt(`the log of ${name}, ${container}`, async () => await kubectl.run(logs));
      if (now !== undefined) add(`logs/${name}/${container}.log`, now);
      if (restartCount === 0) continue;
      const before = await attempt(`the log of ${name}, ${container}, before its restart`, async () =>
        kubectl.run([...logs, "--previous"]),
      );
      if (before !== undefined) add(`logs/${name}/${container}.previous.log`, before);
    }
  }
}
