import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import { applyStack } from "../../../../operate/deploy/apply";
import { waitUntilHealthy } from "../../../../operate/status/readiness";
import { removeStack } from "../../../../operate/deploy/remove";
import { optionsOf, type RenderedStack, renderStack } from "../../../../operate/deploy/rendered-stack";
import { kubectl } from "../cluster/cluster";
import type { Manifest } from "../engines/engine";
import { deleteNamespace, NAMESPACE_PREFIX } from "../cluster/namespaces";
import { deleteDirectories, type StackStorage } from "../cluster/storage";

/** Keys of a stack file, without `stateful:`. */
export interface StackKeys {
  storage: StackStorage;
  databases: Record<string, object>;
  applications?: Record<string, object>;
}

/** A stack that a suite deploys and removes again. Its namespace is its own. */
export class Deployment {
  private readonly directory = mkdtempSync(join(tmpdir(), "stateful-e2e-"));
  private rendered: RenderedStack | undefined;

  /** @param namespace of the databases; begins with {@link NAMESPACE_PREFIX} */
  constructor(
    readonly namespace: string,
    private keys: StackKeys,
  ) {
    if (!namespace.startsWith(NAMESPACE_PREFIX)) {
      throw new Error(`the namespace ${namespace} must begin with ${NAMESPACE_PREFIX}`);
    }
  }

  /** Path of the stack file, for commands that take one. */
  get stackFile(): string {
    return join(this.directory, `Pulumi.${this.namespace}.yaml`);
  }

  /** Renders the stack as a user would, with a secrets file. */
  async render(): Promise<RenderedStack> {
    const keys = { target: "bare-metal", namespace: this.namespace, ...this.keys };
    const config = Object.fromEntries(Object.entries(keys).map(([key, value]) => [`stateful:${key}`, value]));
    writeFileSync(this.stackFile, dump({ config }));
    this.rendered = await renderStack(this.stackFile, { secretsFile: join(this.directory, "secrets.json") });
    return this.rendered;
  }

  /** Renders and applies the stack. */
  async apply(): Promise<void> {
    await applyStack(kubectl, await this.render());
  }

  /**
   * Renders the stack, and applies what somebody made of that who edits manifests: nothing checks it. A ConfigMap that is edited
   * gets a name of its own where it cannot be changed, as another content would give it one.
   */
  async applyEdited(edit: (object: Manifest) => void): Promise<void> {
    const stack = await this.render();
    const renamed = new Map<string, string>();
    for (const object of stack.objects) {
      const before = JSON.stringify(object);
      edit(object);
      const { immutable } = object as { immutable?: boolean };
      if (JSON.stringify(object) === before || immutable !== true) continue;
      renamed.set(object.metadata.name, `${object.metadata.name}-edited`);
    }
    let text = JSON.stringify(stack.objects);
    for (const [name, edited] of renamed) text = text.replaceAll(`"${name}"`, `"${edited}"`);
    const objects = JSON.parse(text) as typeof stack.objects;
    const options = new Map(
      stack.objects.flatMap((object, index) => {
        const edited = objects[index];
        return edited === undefined ? [] : [[edited, optionsOf(object, stack)] as const];
      }),
    );
    await applyStack(kubectl, { ...stack, objects, options });
  }

  /** Changes keys of the stack file, as its user would; to be applied. */
  change(keys: Partial<StackKeys>): void {
    this.keys = { ...this.keys, ...keys };
  }

  /** Waits until all that runs is ready. */
  async healthy(timeoutSeconds = 240): Promise<void> {
    await waitUntilHealthy(kubectl, this.stack, { timeoutSeconds });
  }

  /** Removes everything that was applied, with data, namespaces and what nodes hold. */
  async delete(): Promise<void> {
    if (this.rendered !== undefined) {
      await removeStack(kubectl, this.stack, { deleteData: true });
      await deleteDirectories(this.namespace, this.keys.storage);
      const namespaces = this.stack.objects.filter(({ kind }) => kind === "Namespace");
      await Promise.all(namespaces.map(async ({ metadata }) => deleteNamespace(metadata.name)));
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  private get stack(): RenderedStack {
    if (this.rendered === undefined) throw new Error("apply the stack first");
    return this.rendered;
  }
}
