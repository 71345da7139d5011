import { DOMAIN } from "../components/protocol/labels";
import * as pulumi from "@pulumi/pulumi";

/** Label of an object, but of databases' pods: the stack that it is of. */
export const STACK_LABEL = `${DOMAIN}/stack`;

/** A stack's name as the value of that label: at most 63 characters, the first and the last a letter or digit. */
export function stackLabel(stack: string): Record<string, string> {
  return { [STACK_LABEL]: stack.slice(0, 63).replace(/^[^a-z0-9]+|[^a-z0-9]+$/gi, "") };
}

/** The same for the stack that the program runs for. */
export function ownLabel(): Record<string, string> {
  return stackLabel(pulumi.getStack());
}
