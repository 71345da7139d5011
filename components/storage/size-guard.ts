import * as pulumi from "@pulumi/pulumi";
import { parseBytes } from "../common/quantity";

/**
 * Says why a claim cannot take a new size, or nothing if it can.
 *
 * @param expandable whether the class lets volumes grow
 */
export function sizeRefusal(
  claim: string,
  before: string,
  after: string,
  expandable: boolean,
): string | undefined {
  const [had, wanted] = [parseBytes(before), parseBytes(after)];
  if (had === undefined || wanted === undefined || had === wanted) return undefined;
  if (wanted < had) {
    return `${claim}: a volume cannot shrink from ${before} to ${after}. Set storage back to ${before}.`;
  }
  if (expandable) return undefined;
  return (
    `${claim}: its class does not let volumes grow, so ${before} cannot become ${after}. ` +
    `Set storage back to ${before}, or make a database with larger volumes and copy the data.`
  );
}

/**
 * A hook that refuses an impossible size at preview, in words. Kubernetes would refuse it too; but its
 * "forbidden" is taken by the provider for a missing right to preview, and comes to light only in the update.
 *
 * Pulumi's mocks have no engine that would call it, and know no hooks.
 */
export function sizeGuard(
  name: string,
  expandable: pulumi.Input<boolean | undefined>,
): pulumi.ResourceHookBinding | undefined {
  if (!pulumi.runtime.hasEngine()) return undefined;
  const hook = new pulumi.ResourceHook(
    `${name}-size`,
    async ({ name: claim, oldInputs, newInputs }) => {
      const refusal = sizeRefusal(
        claim,
        requestedStorage(oldInputs),
        requestedStorage(newInputs),
        await resolved(expandable),
      );
      if (refusal !== undefined) throw new Error(refusal);
    },
    { onDryRun: true },
  );
  return { beforeUpdate: [hook] };
}

interface ClaimInputs {
  spec?: { resources?: { requests?: { storage?: string } } };
}

function requestedStorage(inputs: unknown): string {
  return (inputs as ClaimInputs | undefined)?.spec?.resources?.requests?.storage ?? "";
}

/** What is not known yet, or not at all, is left to Kubernetes. */
function resolved(expandable: pulumi.Input<boolean | undefined>): Promise<boolean> {
  return new Promise((resolve) => {
    const output = pulumi.output(expandable) as unknown as { isKnown: Promise<boolean> } & pulumi.Output<
      boolean | undefined
    >;
    output.apply((value) => {
      resolve(value ?? true);
    });
    void output.isKnown.then((known) => {
      if (!known) resolve(true);
    });
  });
}
