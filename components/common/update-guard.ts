import * as pulumi from "@pulumi/pulumi";

/**
 * A hook that refuses an update of a resource, already at preview and in words.
 *
 * Pulumi's mocks have no engine that would call it, and know no hooks.
 *
 * @param refusal says why the new inputs must not follow the old ones, or nothing if they may
 */
export function updateGuard<Inputs>(
  name: string,
  refusal: (
    resource: string,
    before: Inputs,
    after: Inputs,
  ) => string | undefined | Promise<string | undefined>,
): pulumi.ResourceHookBinding | undefined {
  if (!pulumi.runtime.hasEngine()) return undefined;
  const hook = new pulumi.ResourceHook(
    name,
    async ({ name: resource, oldInputs, newInputs }) => {
      const why = await refusal(resource, oldInputs as Inputs, newInputs as Inputs);
      if (why !== undefined) throw new Error(why);
    },
    { onDryRun: true },
  );
  return { beforeUpdate: [hook] };
}

/** Several such hooks on one resource. */
export function guards(
  ...bindings: (pulumi.ResourceHookBinding | undefined)[]
): pulumi.ResourceHookBinding | undefined {
  const beforeUpdate = bindings.flatMap((binding) => binding?.beforeUpdate ?? []);
  return beforeUpdate.length === 0 ? undefined : { beforeUpdate };
}
