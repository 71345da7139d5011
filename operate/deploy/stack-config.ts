import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { StackFile } from "../../render/stack-file";
import { readConfig } from "../../stacks/config";
import type { StackConfig } from "../../stacks/types";

/** Directory of the project, in which its stack files are. */
export const PROJECT = join(__dirname, "..", "..");

/**
 * The configuration of a stack file, checked as `pulumi up` checks it.
 *
 * @throws InvalidArgsError with every mistake at once
 */
export function configOf({ config, secretKeys }: StackFile): StackConfig {
  pulumi.runtime.setAllConfig(config, secretKeys);
  return readConfig();
}
