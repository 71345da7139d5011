const binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const decimal = ["k", "M", "G", "T", "P", "E"];

/**
 * Bytes of a Kubernetes quantity such as `20Gi` or `500M`.
 *
 * @returns `undefined` when the text is not a quantity of bytes: no number, a unit of its own
 *   (`20GB`), a fraction of a byte (`100m`), zero or less.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseBytes(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity);
  if (!match) return undefined;
  const [, digits = "", unit = ""] = match;
  const factor = unitFactor(unit);
  if (factor === undefined) return undefined;
  const bytes = Number(digits) * factor;
  return bytes >= 1 ? Math.ceil(bytes) : undefined;
}

function unitFactor(unit: string): number | undefined {
  if (unit === "") return 1;
  const binaryPower = binary.indexOf(unit);
  if (binaryPower >= 0) return 1024 ** (binaryPower + 1);
  const decimalPower = decimal.indexOf(unit);
  return decimalPower >= 0 ? 1000 ** (decimalPower + 1) : undefined;
}
