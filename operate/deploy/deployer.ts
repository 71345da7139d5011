import type { StackConfig } from "../../stacks/types";
import type { RenderedStack, RenderOptions } from "./rendered-stack";

/** How a stack is to be removed. */
export interface Removal {
  /** Whether its data goes too. */
  deleteData: boolean;
}

/** A way to deploy stacks to one cluster, and to remove them again. */
export interface Deployer {
  /** How a stack is rendered for it. */
  readonly rendering: Pick<RenderOptions, "namesOnly" | "mayNeedCloud">;

  /**
   * What deploying a stack would change, in lines; undefined where the way shows that by itself, before it asks.
   *
   * @throws RefusedError as deploying it would
   */
  preview(stack: RenderedStack): Promise<string | undefined>;

  /**
   * Deploys a stack. What is there already is kept where it must be.
   *
   * @throws RefusedError if another stack is there under the same names, or it did not succeed
   */
  deploy(stack: RenderedStack): Promise<void>;

  /**
   * Refuses a removal that would do more, or less, than it is asked to. Nothing has been changed then.
   *
   * @throws RefusedError that says what to change
   */
  requireRemovable(config: Pick<StackConfig, "databases">, removal: Removal): void;

  /**
   * Removes what a stack runs, and its data only if that is to be deleted.
   *
   * @returns what of deleted data stays all the same, in words; undefined if nobody looked
   * @throws RefusedError if what is there under its names is another stack's, or it did not succeed
   */
  remove(stack: RenderedStack, removal: Removal): Promise<string[] | undefined>;
}
