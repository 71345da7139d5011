import { deployStack } from "stateful";

// All of a stack is in its file, Pulumi.NAME.yaml.
export = deployStack;
