import { ROLE_LABEL } from "../../components/protocol/labels";
import { exclusiveRole, type Topology } from "../../components/protocol/topology";
import type { Pod } from "../kube/objects";
import type { Observed } from "./observe";
import { isReady } from "./pod-words";

/** A member by which a database runs. */
export interface RunningMember {
  pod: string;
  /** Its role: `the primary`. */
  as: string;
}

/** The members that say that they have a role and serve in it. */
export function serving(role: string, pods: Pod[], { reports }: Pick<Observed, "reports">): Pod[] {
  return pods.filter(({ metadata: { name } }) => {
    const { status } = reports[name] ?? {};
    return status?.role === role && status.member === "online";
  });
}

/** The pods that are ready, and labelled with a role. */
export function labelled(role: string, pods: Pod[]): Pod[] {
  return pods.filter((pod) => pod.metadata.labels?.[ROLE_LABEL] === role && isReady(pod));
}

/**
 * A member by which a database runs: the one with the exclusive role by its own report or by its label, and
 * where members are equals any that serves.
 */
export function runningMember(
  topology: Topology,
  pods: Pod[],
  observed: Pick<Observed, "reports">,
): RunningMember | undefined {
  const exclusive = exclusiveRole(topology);
  const roles = exclusive === undefined ? topology.roles.map(({ name }) => name) : [exclusive];
  for (const role of roles) {
    const [pod] = [...serving(role, pods, observed), ...labelled(role, pods)];
    if (pod) return { pod: pod.metadata.name, as: `${exclusive === undefined ? "a" : "the"} ${role}` };
  }
  return undefined;
}
