import { readConfig } from "./stacks/config";
import { deployStack } from "./stacks/stack";

// Config in, stack out. Pulumi takes what the function returns as the stack's outputs.
export = async () => deployStack(readConfig());
