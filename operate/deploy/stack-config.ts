import * as pulumi from "@pulumi/pulumi";
import { PROJECT } from "../../render/installation";
import { type StackFile, withPlaces } from "../../render/stack-file";
import { readConfig } from "../../stacks/config";
import type { StackConfig } from "../../stacks/types";

export { PROJECT };

/**
 * The configuration of a stack file, checked as `pulumi up` checks it.
 *
 * @throws InvalidArgsError with every mistake at once
 */
export function configOf(file: StackFile): StackConfig {
  pulumi.runtime.setAllConfig(file.config, file.secretKeys);
  return withPlaces(file, readConfig);
}
