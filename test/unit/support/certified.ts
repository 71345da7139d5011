import { join } from "node:path";
import { certificateState } from "../../../render/certificates";
import { SecretsFile } from "../../../render/secrets";

/** A certificate with these names, as the renderer makes it. */
export async function certified(
  folder: string,
  dnsNames: string[],
  ipAddresses: string[] = [],
): Promise<string> {
  const secrets = new SecretsFile(
    join(folder, `${dnsNames.join("-").replace(/[*]/g, "all").slice(0, 99)}.json`),
  );
  const make = async (type: string, name: string, inputs: Record<string, unknown>) =>
    (await certificateState(`tls:index/${type}`, name, inputs, secrets)) as Record<string, string>;
  const { privateKeyPem } = await make("privateKey:PrivateKey", "key", {});
  const subject = { commonName: "orders" };
  const { certPem: caCertPem } = await make("selfSignedCert:SelfSignedCert", "ca", {
    privateKeyPem,
    subject,
    validityPeriodHours: 24,
  });
  const { certRequestPem } = await make("certRequest:CertRequest", "request", {
    privateKeyPem,
    subject,
    dnsNames,
    ipAddresses,
  });
  const { certPem } = await make("locallySignedCert:LocallySignedCert", "certificate", {
    certRequestPem,
    caCertPem,
    caPrivateKeyPem: privateKeyPem,
    validityPeriodHours: 24,
    earlyRenewalHours: 1,
  });
  return certPem!;
}
