import { CommandFailed, UserError } from "../../cluster/errors";
import { RefusedError } from "../deploy/refused-error";
import { KubectlError } from "../kube/kubectl";

/** Errors that are shown as they are: from a cluster, from the way to it, from the local one's machine, and refusals. */
const SHOWN_AS_THEY_ARE = [KubectlError, RefusedError, UserError, CommandFailed];

/** Whether an error says all that its reader needs, and a stack trace would only be in the way. */
export function isShownAsItIs(error: Error): boolean {
  return SHOWN_AS_THEY_ARE.some((known) => error instanceof known);
}
