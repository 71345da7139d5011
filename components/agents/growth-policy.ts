import { GROWN_FILE } from "../protocol/growth";
import { growthName, CLAIM_TEMPLATE_NAME } from "../protocol/names";
import { text } from "./admission-policy";

/** What nothing may change by which other programs know an object, or it goes with others. */
const SAME_METADATA = ["labels", "annotations", "ownerReferences", "finalizers"]
  .map((field) => `variables.object.metadata.?${field} == variables.former.metadata.?${field}`)
  .join(" && ");

/** What of a claim's spec Kubernetes lets anybody change, but for its size. */
const SAME_CLAIM = ["volumeName", "storageClassName", "volumeAttributesClassName"]
  .map((field) => `variables.object.spec.?${field} == variables.former.spec.?${field}`)
  .join(" && ");

const atMost = (size: string, upTo: string): string =>
  `quantity(${size}).compareTo(quantity(${text(upTo)})) <= 0`;

/** Whether a claim of the database is made larger, and no more than it may become; whose size is the same is let through, whatever it is. */
export function claimGrown(database: string, upTo: string): string {
  const size = (object: string): string => `string(variables.${object}.spec.resources.requests.storage)`;
  return [
    "request.operation == 'UPDATE'",
    `variables.name.matches(${text(`^${CLAIM_TEMPLATE_NAME}-${database}-[0-9]+$`)})`,
    `(${size("object")} == ${size("former")} || ${atMost(size("object"), upTo)})`,
    SAME_CLAIM,
    SAME_METADATA,
  ].join(" && ");
}

/** Whether nothing is changed of the ConfigMap of the growth but what is written down there. */
export function growthWritten(database: string, upTo: string): string {
  const key = text(GROWN_FILE);
  const data = (object: string): string => `variables.${object}.?data.orValue({})`;
  return [
    "request.operation == 'UPDATE'",
    `variables.name == ${text(growthName(database))}`,
    `${data("former")}.all(key, key == ${key} || ${data("object")}[?key] == ${data("former")}[?key])`,
    `${data("object")}.all(key, key in ${data("former")} || key == ${key})`,
    `(!(${key} in ${data("object")}) || isQuantity(${data("object")}[${key}]) && ${atMost(`${data("object")}[${key}]`, upTo)})`,
    ...["binaryData", "immutable"].map((field) => `variables.object.?${field} == variables.former.?${field}`),
    SAME_METADATA,
  ].join(" && ");
}
