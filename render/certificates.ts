import { createPrivateKey, createPublicKey, KeyObject, webcrypto, X509Certificate } from "node:crypto";
import type * as X509 from "@peculiar/x509";
import { z } from "zod";
import type { Secrets } from "./secrets";

// What the provider of @pulumi/tls would make. Everything random in it comes from the secrets file, so that the
// same input gives the same certificate.

/** As node:crypto and @peculiar/x509 both have it. */
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

const HOUR = 3_600_000;

/** Loaded when a certificate is made, and not for placeholders. It wants the first of these in place. */
async function library(): Promise<typeof X509> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto as never);
  return x509;
}

/** Whether a resource is one of those below. */
export function isCertificateResource(type: string): boolean {
  return type.startsWith("tls:");
}

/**
 * The state of a resource of @pulumi/tls.
 *
 * @throws Error for a kind that the components do not use
 */
export async function certificateState(
  type: string,
  name: string,
  inputs: Record<string, unknown>,
  secrets: Secrets,
): Promise<object> {
  switch (type) {
    case "tls:index/privateKey:PrivateKey":
      return { privateKeyPem: await secrets.made(name, { what: "private key", make: newKey }) };
    case "tls:index/certRequest:CertRequest":
      // A request is read by the authority below and by nobody else: it need not be signed.
      return { certRequestPem: JSON.stringify(inputs) };
    case "tls:index/selfSignedCert:SelfSignedCert":
      return { certPem: await selfSigned(name, SELF_SIGNED.parse(inputs), secrets) };
    case "tls:index/locallySignedCert:LocallySignedCert":
      return { certPem: await signed(name, SIGNED.parse(inputs), secrets) };
    default:
      throw new Error(`${name}: a resource ${type} cannot be rendered`);
  }
}

const SUBJECT = z.object({ commonName: z.string() });

const SELF_SIGNED = z.object({
  privateKeyPem: z.string(),
  subject: SUBJECT,
  validityPeriodHours: z.number(),
});

const SIGNED = z.object({
  certRequestPem: z.string(),
  caCertPem: z.string(),
  caPrivateKeyPem: z.string(),
  validityPeriodHours: z.number(),
  earlyRenewalHours: z.number(),
  allowedUses: z.array(z.string()).default([]),
});

const REQUEST = z.object({
  privateKeyPem: z.string(),
  subject: SUBJECT,
  dnsNames: z.array(z.string()),
  ipAddresses: z.array(z.string()).default([]),
});

type SelfSignedInputs = z.infer<typeof SELF_SIGNED>;
type SignedInputs = z.infer<typeof SIGNED>;
type RequestInputs = z.infer<typeof REQUEST>;

async function newKey(): Promise<string> {
  const { privateKey } = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  return KeyObject.from(privateKey).export({ format: "pem", type: "pkcs8" }).toString();
}

async function selfSigned(name: string, inputs: SelfSignedInputs, secrets: Secrets): Promise<string> {
  const { privateKeyPem, subject, validityPeriodHours } = inputs;
  return secrets.made(name, {
    what: "certificate",
    fits: (pem) => belongs(pem, privateKeyPem),
    make: async () => {
      const x509 = await library();
      const keys = await keyPair(privateKeyPem);
      const certificate = await x509.X509CertificateGenerator.createSelfSigned({
        name: `CN=${subject.commonName}`,
        ...validity(validityPeriodHours),
        keys,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.BasicConstraintsExtension(true, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
      });
      return pemOf(certificate);
    },
  });
}

async function signed(name: string, inputs: SignedInputs, secrets: Secrets): Promise<string> {
  const { caCertPem, caPrivateKeyPem, validityPeriodHours, earlyRenewalHours, allowedUses } = inputs;
  const request = REQUEST.parse(JSON.parse(inputs.certRequestPem));
  const { privateKeyPem, subject, dnsNames, ipAddresses } = request;
  return secrets.made(name, {
    what: "certificate",
    fits: (pem) => {
      const certificate = new X509Certificate(pem);
      return (
        belongs(pem, privateKeyPem) &&
        certificate.verify(new X509Certificate(caCertPem).publicKey) &&
        Date.parse(certificate.validTo) - Date.now() > earlyRenewalHours * HOUR &&
        hasNames(certificate, request) &&
        isForClients(certificate.keyUsage) === isForClients(allowedUses)
      );
    },
    make: async () => {
      const x509 = await library();
      const [authority, authorityKeys, keys] = [
        new x509.X509Certificate(caCertPem),
        await keyPair(caPrivateKeyPem),
        await keyPair(privateKeyPem),
      ];
      const certificate = await x509.X509CertificateGenerator.create({
        subject: `CN=${subject.commonName}`,
        issuer: authority.subject,
        ...validity(validityPeriodHours),
        publicKey: keys.publicKey,
        signingKey: authorityKeys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([
            x509.ExtendedKeyUsage.serverAuth,
            ...(isForClients(allowedUses) ? [x509.ExtendedKeyUsage.clientAuth] : []),
          ]),
          await x509.AuthorityKeyIdentifierExtension.create(authority),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
          new x509.SubjectAlternativeNameExtension([
            ...dnsNames.map((value) => ({ type: "dns" as const, value })),
            ...ipAddresses.map((value) => ({ type: "ip" as const, value })),
          ]),
        ],
      });
      return pemOf(certificate);
    },
  });
}

/** Whether clients may show it, too: in the words of what asks for it, or in numbers as certificates have it. */
function isForClients(uses: readonly string[]): boolean {
  return uses.some((use) => use === "client_auth" || use === "1.3.6.1.5.5.7.3.2");
}

/** Exactly these names and addresses. */
function hasNames(certificate: X509Certificate, { dnsNames, ipAddresses }: RequestInputs): boolean {
  const entries = certificate.subjectAltName?.split(", ") ?? [];
  const names = entries.filter((entry) => entry.startsWith("DNS:")).map((entry) => entry.slice(4));
  return (
    JSON.stringify(names) === JSON.stringify(dnsNames) &&
    entries.length === dnsNames.length + ipAddresses.length &&
    ipAddresses.every((address) => certificate.checkIP(address) !== undefined)
  );
}

/** From an hour ago on: the clocks of those who are to believe it may be behind this machine's. */
function validity(hours: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - HOUR), notAfter: new Date(now + hours * HOUR) };
}

function pemOf(certificate: X509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

function belongs(certificatePem: string, privateKeyPem: string): boolean {
  return new X509Certificate(certificatePem).publicKey.equals(createPublicKey(privateKeyPem));
}

async function keyPair(privateKeyPem: string): Promise<webcrypto.CryptoKeyPair> {
  const { subtle } = webcrypto;
  const privateDer = createPrivateKey(privateKeyPem).export({ format: "der", type: "pkcs8" });
  const publicDer = createPublicKey(privateKeyPem).export({ format: "der", type: "spki" });
  return {
    privateKey: await subtle.importKey("pkcs8", privateDer, ALGORITHM, true, ["sign"]),
    publicKey: await subtle.importKey("spki", publicDer, ALGORITHM, true, ["verify"]),
  };
}
