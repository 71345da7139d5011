import { bootstrapMarkerName } from "../../components/protocol/names";
import { RECOVER_FROM } from "../../components/protocol/annotations";
import type { MarkerObject } from "../kube/objects";
import { type Finding, problem } from "./findings";
import type { Observed } from "./observe";
import type { RunningMember } from "./roles";

/**
 * What the bootstrap marker says that will not stay: an operator's choice that was not used, and a right to bootstrap beside a
 * database that runs. Each pod may be ready meanwhile.
 *
 * @param running - a member by which the database runs, if it does
 */
export function markerTrouble(
  name: string,
  running: RunningMember | undefined,
  observed: Observed,
): Finding[] {
  const marker = observed.markers?.[name];
  if (!marker) return [];
  return [...choice(name, marker, running, observed), ...astray(name, marker, running, observed)];
}

function choice(
  name: string,
  { metadata }: MarkerObject,
  running: RunningMember | undefined,
  at: Observed,
): Finding[] {
  const chosen = metadata.annotations?.[RECOVER_FROM];
  if (chosen === undefined) return [];
  const said = `an operator's choice stands in its marker (${RECOVER_FROM}=${chosen})`;
  const takeBack =
    `kubectl -n ${at.namespace} annotate configmap ${bootstrapMarkerName(name)} ${RECOVER_FROM}- ` +
    "(docs/agent.md)";
  if (running === undefined) {
    return [
      problem(
        name,
        `${said}: it is followed when it is certain that nobody else runs; see below what its members say`,
        `to take it back: ${takeBack}`,
      ),
    ];
  }
  return [
    problem(
      name,
      `${said}, although ${running.pod} is ${running.as}: there is nothing to recover from`,
      `look again in a few seconds: ${running.pod} removes it. If it stays: ${takeBack}`,
    ),
  ];
}

function astray(
  name: string,
  marker: MarkerObject,
  running: RunningMember | undefined,
  at: Observed,
): Finding[] {
  const { phase, holder } = read(marker);
  const holderPod = `${name}-${String(holder)}`;
  if (phase !== "founding" || running === undefined || running.pod === holderPod) return [];
  return [
    problem(
      name,
      `${holderPod} has the right to bootstrap it anew, although ${running.pod} is ${running.as}`,
      `look again in half a minute: the right is given back by itself. If it stays, see why: ` +
        `kubectl -n ${at.namespace} logs ${running.pod} -c agent --tail=50`,
    ),
  ];
}

/** A damaged marker is what the members complain about. */
function read({ data }: MarkerObject): { phase?: unknown; holder?: unknown } {
  try {
    const value: unknown = JSON.parse(data?.marker ?? "null");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
