import type { FoundTarget, Look } from "../../agent/backup/look/request";
import type { Kubectl } from "../kube/kubectl";
import { look } from "./look";

/** What is to be restored, and from whose backup. */
export interface AskedFor {
  database: string;
  namespace: string;
  time?: string | undefined;
  beforeTransaction?: string | undefined;
  cluster?: string | undefined;
}

/** Has the store asked where a restore would end, by a Job of the other database's. @returns why it cannot be had, or where it ends */
export async function askStore(
  kubectl: Kubectl,
  { database, namespace, ...asked }: AskedFor,
): Promise<FoundTarget | { refused: string }> {
  const wanted: Look = { what: "target", ...given(asked) };
  const found = await look(kubectl, { namespace, database }, wanted, console.error);
  if (found.what !== "target") throw new Error(`an answer to ${found.what}`);
  return "refused" in found ? found : found.target;
}

/** Without what is undefined. */
function given(all: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
