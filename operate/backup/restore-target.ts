import type { FoundTarget } from "../../agent/backup/look/request";
import { parseBytes } from "../../components/common/quantity";
import { isOlder } from "../../components/common/versions";
import { bootstrapMarkerName, CLAIM_TEMPLATE_NAME } from "../../components/protocol/names";
import { RefusedError } from "../deploy/refused-error";
import type { Kubectl } from "../kube/kubectl";
import { momentOf, sizeOf } from "../words/spans";

/** A database that is to be restored to. */
export interface NewDatabase {
  namespace: string;
  name: string;
  version: string;
  /** Size of each volume. */
  storage: string;
}

/** @throws RefusedError where anything of a database of that name is there: nothing is restored over data, nor beside it */
export async function requireNew(kubectl: Kubectl, { namespace, name }: NewDatabase): Promise<void> {
  const kinds = [
    ["statefulset", name],
    ["configmap", bootstrapMarkerName(name)],
    ["persistentvolumeclaim", `${CLAIM_TEMPLATE_NAME}-${name}-0`],
  ] as const;
  for (const [kind, object] of kinds) {
    if (!(await kubectl.get(kind, object, namespace))) continue;
    throw new RefusedError(
      `The namespace ${namespace} has the ${kind} ${object}: a database ${name} is there, or has left its data. ` +
        "Nothing is restored over data: choose another name (--as).",
    );
  }
}

/** @throws RefusedError where the new database cannot take up what was found */
export function requireFit(
  { copy, neededBytes }: FoundTarget,
  { name, version, storage }: NewDatabase,
): void {
  const room = parseBytes(storage);
  if (room !== undefined && neededBytes > room) {
    throw new RefusedError(
      `Copy and log take ${sizeOf(neededBytes)} on the volume, and ${name} is to have ${storage}: give it more (storage in the stack file, or --storage).`,
    );
  }
  if (isOlder(version, copy.version)) {
    throw new RefusedError(
      `The copy was made by version ${copy.version}, and ${name} is to have ${version}, which is older: data is never read by an ` +
        "older version. Give the database that it comes from its version in the stack file.",
    );
  }
}

/** What a restore comes to, for people. */
export function describeTarget({
  cluster,
  life,
  copy,
  pieces,
  logBytes,
  position,
  before,
}: FoundTarget): string {
  const shown = position.replaceAll("\n", "");
  return [
    `  from      cluster ${cluster}, life ${life}`,
    `  copy      ${copy.reference.slice(0, 12)} of ${momentOf(copy.finished)}, ${sizeOf(copy.bytes)}, version ${copy.version}`,
    `  log       ${pieces} pieces, ${sizeOf(logBytes)}`,
    `  ends at   ${shown.length > 200 ? `${shown.slice(0, 199)}…` : shown}${before === undefined ? "" : `, before ${before}`}`,
  ].join("\n");
}
