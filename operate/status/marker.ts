import { ROLE_LABEL } from "../../components/protocol/labels";
import { bootstrapMarkerName } from "../../components/protocol/names";
import { RECOVER_FROM } from "../../components/protocol/annotations";
import type { MarkerObject } from "../kube/objects";
import { type Finding, problem } from "./findings";
import type { Observed } from "./observe";
import { isReady } from "./pod-words";

/**
 * What the bootstrap marker says that will not stay: an operator's choice that was not used, and a right to found beside a
 * primary. Each pod may be ready meanwhile.
 */
export function markerTrouble(name: string, observed: Observed): Finding[] {
  const marker = observed.markers?.[name];
  if (!marker) return [];
  const primary = primaryOf(name, observed);
  return [...choice(name, marker, primary, observed), ...astray(name, marker, primary, observed)];
}

function choice(
  name: string,
  { metadata }: MarkerObject,
  primary: string | undefined,
  at: Observed,
): Finding[] {
  const chosen = metadata.annotations?.[RECOVER_FROM];
  if (chosen === undefined) return [];
  const said = `an operator's choice stands in its marker (${RECOVER_FROM}=${chosen})`;
  const takeBack =
    `kubectl -n ${at.namespace} annotate configmap ${bootstrapMarkerName(name)} ${RECOVER_FROM}- ` +
    "(docs/agent.md)";
  if (primary === undefined) {
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
      `${said}, although ${primary} is the primary: there is nothing to recover from`,
      `look again in a few seconds: the primary removes it. If it stays: ${takeBack}`,
    ),
  ];
}

function astray(name: string, marker: MarkerObject, primary: string | undefined, at: Observed): Finding[] {
  const { phase, holder } = read(marker);
  const founder = `${name}-${String(holder)}`;
  if (phase !== "founding" || primary === undefined || primary === founder) return [];
  return [
    problem(
      name,
      `${founder} has the right to found it anew, although ${primary} is the primary`,
      `look again in half a minute: the right is given back by itself. If it stays, see why: ` +
        `kubectl -n ${at.namespace} logs ${primary} -c agent --tail=50`,
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

/** The primary's pod, by its own report or by its label. */
function primaryOf(name: string, { pods, reports }: Observed): string | undefined {
  const own = pods.filter(({ metadata }) => metadata.name.startsWith(`${name}-`));
  const leads = own.find(({ metadata }) => {
    const { status } = reports[metadata.name] ?? {};
    return status?.role === "primary" && status.member === "online";
  });
  const labelled = own.find((pod) => pod.metadata.labels?.[ROLE_LABEL] === "primary" && isReady(pod));
  return (leads ?? labelled)?.metadata.name;
}
