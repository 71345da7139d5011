import { AGENT_PORT } from "../../components/protocol/ports";

/** How long a pod or a node may take to answer, s: one that is cut off answers never. */
export const ASK_SECONDS = 5;

/** Path in the API server by which a pod's agent is asked for its report. */
export function reportPath(namespace: string, pod: string): string {
  return `/api/v1/namespaces/${namespace}/pods/${pod}:${AGENT_PORT}/proxy/v1/report`;
}
