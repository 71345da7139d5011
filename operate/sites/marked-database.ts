import type { Report } from "../../agent/core/types";
import { COMPONENT, INSTANCE } from "../../components/protocol/labels";
import { bootstrapMarkerName } from "../../components/protocol/names";
import { isExclusive } from "../../components/protocol/topology";
import { ASK_SECONDS, reportPath } from "../kube/agents";
import { type Kubectl, KubectlError } from "../kube/kubectl";
import type { MarkerObject, Pod } from "../kube/objects";
import { readReport } from "../status/reports";
import type { DatabasePlace } from "./source-host";

/** A database of the cluster, as far as a promotion goes by it: its marker, and what the member says that leads. */
export interface MarkedDatabase {
  /** `namespace/name`, for people. */
  readonly called: string;
  /** What its marker's annotations say; `undefined` where there is no marker: it was never here. */
  words(): Promise<Record<string, string> | undefined>;
  /** Writes an annotation of its marker, or removes it. */
  say(annotation: string, value: string | undefined): Promise<void>;
  /** The report of the member that leads; `undefined` where none does, or it does not answer. */
  leader(): Promise<Report | undefined>;
  /** What to type to remove an annotation of its marker. */
  taking(annotation: string): string;
}

/** The same by kubectl. */
export function markedDatabase(kubectl: Kubectl, { namespace, name }: DatabasePlace): MarkedDatabase {
  const marker = ["-n", namespace, "annotate", "configmap", bootstrapMarkerName(name)];
  return {
    called: `${namespace}/${name}`,
    words: async () => {
      const found = await kubectl.get<MarkerObject>("configmap", bootstrapMarkerName(name), namespace);
      return found && (found.metadata.annotations ?? {});
    },
    say: async (annotation, value) => {
      const word = value === undefined ? `${annotation}-` : `${annotation}=${value}`;
      await kubectl.run([...marker, word, ...(value === undefined ? [] : ["--overwrite"])]);
    },
    leader: async () => {
      const pods = await kubectl.list<Pod>("pods", namespace, `${INSTANCE}=${name},${COMPONENT}=database`);
      const reports = await Promise.all(pods.map(async (pod) => reportOf(kubectl, namespace, pod)));
      return reports.find((report) => report?.status.member === "online" && isExclusive(report.status.role));
    },
    taking: (annotation) => `${kubectl.commandLine} ${marker.join(" ")} ${annotation}-`,
  };
}

async function reportOf(
  kubectl: Kubectl,
  namespace: string,
  { metadata: { name } }: Pod,
): Promise<Report | undefined> {
  try {
    return readReport(await kubectl.raw(reportPath(namespace, name), ASK_SECONDS), { namespace, name });
  } catch (error) {
    if (error instanceof KubectlError) return undefined;
    throw error;
  }
}
