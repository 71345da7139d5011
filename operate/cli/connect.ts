import { LOGIN_KEYS } from "../../components/protocol/accounts";
import { loginSecretName } from "../../components/protocol/names";
import type { RenderedProgram } from "../../render/program";

/** How each database is reached, and where its user and password are. */
export function describeConnections({
  outputs: { namespace, databases },
}: Pick<RenderedProgram, "outputs">): string {
  return Object.entries(databases)
    .map(([name, { endpoints, clientLabel, database }]) => {
      const [main, ...others] = endpoints;
      const beside = others.map(({ what, address }) => `${what}: ${address}`).join(", ");
      const ofLogin = (key: string) => fromSecret(namespace, loginSecretName(name), key);
      return [
        `To connect to ${name}, from a pod of the namespace ${namespace} with the label ${clientLabel}:`,
        `  host       ${main?.address ?? ""}${beside === "" ? "" : `   (${beside})`}`,
        `  database   ${database}`,
        `  user       ${ofLogin(LOGIN_KEYS.username)}`,
        `  password   ${ofLogin(LOGIN_KEYS.password)}`,
      ].join("\n");
    })
    .join("\n\n");
}

function fromSecret(namespace: string, secret: string, key: string): string {
  return `kubectl -n ${namespace} get secret ${secret} -o jsonpath='{.data.${key}}' | base64 -d`;
}
