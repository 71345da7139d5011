import type { RenderedProgram } from "../render/program";

/** How each database is reached, and where its passwords are. */
export function describeConnections({ namespace, databases }: RenderedProgram["outputs"]): string {
  return Object.entries(databases)
    .map(([name, { primaryHost, replicasHost, port, secretName, clientLabel }]) =>
      [
        `To connect to ${name}, from a pod of the namespace ${namespace} with the label ${clientLabel}:`,
        `  host       ${primaryHost}:${port}   (reads: ${replicasHost}:${port})`,
        `  user       kubectl -n ${namespace} get secret ${secretName} -o jsonpath='{.data.username}' | base64 -d`,
        `  password   kubectl -n ${namespace} get secret ${secretName} -o jsonpath='{.data.password}' | base64 -d`,
      ].join("\n"),
    )
    .join("\n\n");
}
