import { DataPolicy } from "../../components/common/retention";
import type { StackConfig } from "../../stacks/types";
import { INSTANCE } from "../../components/protocol/labels";
import { RefusedError } from "./refused-error";
import { optionsOf, type RenderedStack } from "./rendered-stack";

type Databases = Pick<StackConfig, "databases">;

/** As Pulumi refuses it: what is protected must be set free in the stack file first. */
export function refuseProtected(
  { objects, options, outputs }: Pick<RenderedStack, "objects" | "options" | "outputs">,
  file: string,
): void {
  const guarded = objects.filter((object) => optionsOf(object, { options }).protect);
  const instances = new Set(guarded.map(({ metadata }) => metadata.labels?.[INSTANCE] ?? ""));
  const databases = Object.keys(outputs.databases).filter((name) => instances.delete(name));
  // All else that is protected is storage.
  const kept = [...databases, ...(instances.size > 0 ? ["the storage"] : [])];
  if (kept.length === 0) return;
  const keys = [
    ...databases.map((name) => `stateful:databases.${name}.deletionProtection`),
    ...(instances.size > 0 ? ["stateful:storage.deletionProtection"] : []),
  ].join(", ");
  throw new RefusedError(
    `Nothing was removed: ${kept.join(", ")} ${kept.length === 1 ? "is" : "are"} protected from it. ` +
      `To remove the stack all the same, set ${keys} to false in ${file}, and deploy that first where Pulumi does it.`,
  );
}

/** Pulumi deletes what the stack file says that it may, and nothing else does: what it would keep is not deleted. */
export function refuseKeptData({ databases }: Databases): void {
  const kept = databases.filter(({ args }) => args.dataPolicy !== DataPolicy.Delete).map(({ name }) => name);
  if (kept.length === 0) return;
  throw new RefusedError(
    `Pulumi keeps the data of ${kept.join(", ")}. To have it deleted, set dataPolicy: delete there, deploy that, and ` +
      "run down again.",
  );
}

/** What goes with a stack because its file says so must be asked for here as well. */
export function refuseHiddenDeletion({ databases }: Databases): void {
  const going = databases.filter(({ args }) => args.dataPolicy === DataPolicy.Delete).map(({ name }) => name);
  if (going.length === 0) return;
  throw new RefusedError(
    `Nothing was removed: with the stack, the data of ${going.join(", ")} would go (dataPolicy: delete). Say ` +
      "--delete-data as well if that is meant; else set dataPolicy: retain and deploy that first.",
  );
}
