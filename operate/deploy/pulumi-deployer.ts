import type { StackConfig } from "../../stacks/types";
import type { Kubectl } from "../kube/kubectl";
import type { Deployer, Removal } from "./deployer";
import { requireOwned } from "./ownership";
import { withPinnedContext } from "./pinned-context";
import { requireSuccess, runPulumi } from "./pulumi-cli";
import { refuseHiddenDeletion, refuseKeptData } from "./removal-checks";
import type { RenderedStack } from "./rendered-stack";
import { PROJECT } from "./stack-config";

/** Lets the pulumi CLI deploy a stack of this project, before the user's own eyes. */
export class PulumiDeployer implements Deployer {
  readonly rendering = { namesOnly: true, mayNeedCloud: true };

  /** @param yes whether the CLI asks nothing */
  constructor(
    private readonly kubectl: Kubectl,
    private readonly yes: boolean,
  ) {}

  /** The CLI shows one, and asks. */
  preview(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async deploy(stack: RenderedStack): Promise<void> {
    const { name, config } = stack;
    await requireOwned(this.kubectl, { name, config });
    await this.run("up", stack);
  }

  requireRemovable(config: Pick<StackConfig, "databases">, { deleteData }: Removal): void {
    if (deleteData) refuseKeptData(config);
    else refuseHiddenDeletion(config);
  }

  async remove(stack: RenderedStack): Promise<undefined> {
    await this.run("destroy", stack);
  }

  /** On the cluster that was chosen, whatever becomes the current one meanwhile. */
  private async run(command: "up" | "destroy", { file }: Pick<RenderedStack, "file">): Promise<void> {
    const where = ["--stack", file.stack, "--config-file", file.path, "--cwd", PROJECT];
    const status = await withPinnedContext(this.kubectl, (environment) =>
      runPulumi([command, ...where, ...(this.yes ? ["--yes"] : [])], environment),
    );
    requireSuccess(command, status);
  }
}
