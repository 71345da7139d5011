import * as pulumi from "@pulumi/pulumi";
import { known } from "../common/outputs";
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
    sizeRefusal(
      claim,
      requestedStorage(before),
      requestedStorage(after),
      // What is not known is left to Kubernetes.
      (await known(pulumi.output(expandable))) ?? true,
    ),
  );
}

interface ClaimInputs {
  spec?: { resources?: { requests?: { storage?: string } } };
}

function requestedStorage(inputs: ClaimInputs): string {
  return inputs.spec?.resources?.requests?.storage ?? "";
}
