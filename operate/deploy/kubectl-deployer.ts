import type { StackConfig } from "../../stacks/types";
import type { Kubectl } from "../kube/kubectl";
import { applyStack, previewStack } from "./apply";
import type { Deployer, Removal } from "./deployer";
import { refuseHiddenDeletion } from "./removal-checks";
import { removeStack } from "./remove";
import type { RenderedStack } from "./rendered-stack";

/** Applies a stack's manifests, and deletes what they name. */
export class KubectlDeployer implements Deployer {
  readonly rendering = {};

  constructor(private readonly kubectl: Kubectl) {}

  async preview(stack: RenderedStack): Promise<string> {
    return await previewStack(this.kubectl, stack);
  }

  async deploy(stack: RenderedStack): Promise<void> {
    await applyStack(this.kubectl, stack);
  }

  requireRemovable(config: Pick<StackConfig, "databases">, { deleteData }: Removal): void {
    if (!deleteData) refuseHiddenDeletion(config);
  }

  async remove(stack: RenderedStack, removal: Removal): Promise<string[]> {
    return await removeStack(this.kubectl, stack, removal);
  }
}
