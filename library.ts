import { readConfig } from "./stacks/config";
import type { StackOutputs } from "./stacks/outputs";
import { deployStack as deploy } from "./stacks/stack";

// What the npm package has for programs: the components, and the program of this repository as a function.
export * from "./components";
export type { DatabaseSummary, EndpointSummary, NodeAgentSummary, StackOutputs } from "./stacks/outputs";

/**
 * Makes everything that the current stack's file asks for below `stateful:`, as the program of this repository does, whatever the
 * project is called.
 *
 * @throws InvalidArgsError with every mistake in that configuration at once, before any resource is made
 */
export async function deployStack(): Promise<StackOutputs> {
  return await deploy(readConfig());
}
