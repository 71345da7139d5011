import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import { controlAddress } from "./addresses";
import { pkiFile } from "./pki";

/** Address of the API server, for every client: the host, the nodes and the control plane itself. */
export const apiServerUrl = `https://${controlAddress}:6443`;

/**
 * Writes a kubeconfig for the holder of a certificate, with everything inside the file, so that it can be copied
 * away or mounted alone.
 */
export function writeKubeconfig(path: string, certificate: string): void {
  const data = (file: string): string => readFileSync(pkiFile(file)).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "stateful-test",
        cluster: { server: apiServerUrl, "certificate-authority-data": data("ca.crt") },
      },
    ],
    users: [
      {
        name: certificate,
        user: {
          "client-certificate-data": data(`${certificate}.crt`),
          "client-key-data": data(`${certificate}.key`),
        },
      },
    ],
    contexts: [
      {
        name: "stateful-test",
        context: { cluster: "stateful-test", user: certificate, namespace: "default" },
      },
    ],
    "current-context": "stateful-test",
  };
  writeFileSync(path, stringify(config));
  chmodSync(path, 0o600);
}
