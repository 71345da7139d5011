import { INSTANCE } from "../kube/labels";
import type { Pod } from "../kube/objects";
import { agentState } from "./pod-words";

/** States of the agent that do not pass by themselves → what an operator may do. `NAME` is the database's. */
const ADVICE: [RegExp, string][] = [
  [
    /members have answered|at least half of it must be back|has grown apart/,
    "bring the missing members back. Only if they are lost, tell Kubernetes so (delete their nodes, or their pods by force), " +
      "give up what they alone have, and go on with the data " +
      "of member N: kubectl -n NAMESPACE annotate configmap NAME-bootstrap stateful/recover-from=N (docs/agent.md)",
  ],
  [
    /no disk holds data of it any more/,
    "restore a backup; or begin anew, with empty databases: kubectl -n NAMESPACE delete configmap NAME-bootstrap",
  ],
  [
    /this disk belongs to cluster/,
    "the volume is another database's: give this member its own (docs/agent.md)",
  ],
  [
    /has the right to found the cluster, and does not answer/,
    "bring that member back, or give it a new node and volume; where it had the database's only data, another copy of it is " +
      "chosen with kubectl -n NAMESPACE annotate configmap NAME-bootstrap stateful/recover-from=N (docs/agent.md)",
  ],
  [
    /clients are let in when/,
    "bring the awaited members back: it goes on by itself when enough of them have its data. Only if they are lost, let it go " +
      "on alone: kubectl -n NAMESPACE annotate configmap NAME-bootstrap stateful/recover-from=ORDINAL (docs/agent.md)",
  ],
  [/data that does not fit together/, "move the wrong data directories away (docs/agent.md)"],
  [/lost its quorum/, "bring back enough members for a majority: what holds them up is told above"],
  [
    /ended \d+ times without ever answering/,
    "see why in the server's log: kubectl -n NAMESPACE logs POD --all-containers --tail=50",
  ],
];

/** What can be done about a member that waits; nothing where time does it. */
export function agentAdvice(pod: Pod): string | undefined {
  const state = agentState(pod) ?? "";
  const { name, namespace = "", labels } = pod.metadata;
  const found = ADVICE.find(([pattern]) => pattern.test(state))?.[1];
  return found
    ?.replaceAll("NAMESPACE", namespace)
    .replaceAll("POD", name)
    .replaceAll("NAME", labels?.[INSTANCE] ?? "")
    .replaceAll("ORDINAL", name.split("-").at(-1) ?? "");
}
