import * as pulumi from "@pulumi/pulumi";
import { parseBytes } from "../common/quantity";
import { updateGuard } from "../common/update-guard";

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
 * Refuses a size that a claim cannot take. Kubernetes would refuse it too; but its "forbidden" is taken by
 * the provider for a missing right to preview, and comes to light only in the update.
 */
export function sizeGuard(
  name: string,
  expandable: pulumi.Input<boolean | undefined>,
): pulumi.ResourceHookBinding | undefined {
  return updateGuard<ClaimInputs>(`${name}-size`, async (claim, before, after) =>
    sizeRefusal(claim, requestedStorage(before), requestedStorage(after), await resolved(expandable)),
  );
}

interface ClaimInputs {
  spec?: { resources?: { requests?: { storage?: string } } };
}

function requestedStorage(inputs: ClaimInputs): string {
  return inputs.spec?.resources?.requests?.storage ?? "";
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
