import { DataPolicy } from "../../components/common/retention";
import type { StackConfig } from "../../stacks/types";
import { RefusedError } from "./refused-error";

type Databases = Pick<StackConfig, "databases">;

/** As Pulumi refuses it: what is protected must be set free in the stack file first. */
export function refuseProtected({ databases }: Databases, file: string): void {
  const kept = databases.filter(({ args }) => args.deletionProtection !== false).map(({ name }) => name);
  if (kept.length === 0) return;
  const keys = kept.map((name) => `stateful:databases.${name}.deletionProtection`).join(", ");
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

/** What Pulumi deletes with a stack because its file says so must be asked for here as well. */
export function refuseHiddenDeletion({ databases }: Databases): void {
  const going = databases.filter(({ args }) => args.dataPolicy === DataPolicy.Delete).map(({ name }) => name);
  if (going.length === 0) return;
  throw new RefusedError(
    `Nothing was removed: with the stack, Pulumi deletes the data of ${going.join(", ")} (dataPolicy: delete). Say ` +
      "--delete-data as well if that is meant; else set dataPolicy: retain and deploy that first.",
  );
}
