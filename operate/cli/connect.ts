import * as pulumi from "@pulumi/pulumi";
import type { RenderedProgram } from "../../render/program";

/** How each database is reached, and where its passwords are. */
export function describeConnections({
  objects,
  outputs: { namespace, databases },
}: Pick<RenderedProgram, "objects" | "outputs">): string {
  const made = new Set(objects.filter(({ kind }) => kind === "Secret").map(({ metadata }) => metadata.name));
  return Object.entries(databases)
    .map(([name, summary]) => {
      const { endpoints, clientLabel } = summary;
      const [main, ...others] = endpoints;
      const { database, username, secretName, passwordKey } = summary;
      const inSecret = fromSecret(namespace, secretName, "username");
      // A Secret that somebody else made need not name the user.
      const elsewhere = pulumi.isUnknown(username)
        ? `${inSecret}   (without such a key, the stack file's username)`
        : username;
      const beside = others.map(({ what, address }) => `${what}: ${address}`).join(", ");
      return [
        `To connect to ${name}, from a pod of the namespace ${namespace} with the label ${clientLabel}:`,
        `  host       ${main?.address ?? ""}${beside === "" ? "" : `   (${beside})`}`,
        `  database   ${database}`,
        `  user       ${made.has(secretName) ? inSecret : elsewhere}`,
        `  password   ${fromSecret(namespace, secretName, passwordKey)}`,
      ].join("\n");
    })
    .join("\n\n");
}

function fromSecret(namespace: string, secret: string, key: string): string {
  const path = `{.data.${key.replaceAll(".", "\\.")}}`;
  return `kubectl -n ${namespace} get secret ${secret} -o jsonpath='${path}' | base64 -d`;
}
