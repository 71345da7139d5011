import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiServiceAddress, controlAddress } from "./addresses";
import { pkiDir } from "./layout";
import { run } from "./shell";

/**
 * Keys and certificates: one authority that everybody trusts, made for this cluster and gone with it.
 */

export interface Subject {
  /** File name without extension. */
  file: string;
  /** Kubernetes reads the user's name from here, … */
  commonName: string;
  /** … and the group from here. */
  organization?: string;
  /** Names and addresses that a server answers to, e.g. `DNS:kubernetes`. */
  alternativeNames?: string[];
}

const apiServerNames = [
  "DNS:kubernetes",
  "DNS:kubernetes.default",
  "DNS:kubernetes.default.svc",
  "DNS:kubernetes.default.svc.cluster.local",
  "DNS:localhost",
  `IP:${apiServiceAddress}`,
  `IP:${controlAddress}`,
  "IP:127.0.0.1",
];

const control: Subject[] = [
  { file: "apiserver", commonName: "kube-apiserver", alternativeNames: apiServerNames },
  {
    file: "apiserver-kubelet-client",
    commonName: "kube-apiserver-kubelet-client",
    organization: "system:masters",
  },
  { file: "admin", commonName: "kubernetes-admin", organization: "system:masters" },
  { file: "controller-manager", commonName: "system:kube-controller-manager" },
  { file: "scheduler", commonName: "system:kube-scheduler" },
  { file: "kube-proxy", commonName: "system:kube-proxy" },
];

/** Path of a key or certificate, e.g. `pkiFile("ca.crt")`. */
export function pkiFile(name: string): string {
  return join(pkiDir, name);
}

/** Makes what is missing; what is there stays, so that a running cluster keeps its identity. */
export async function ensurePki(nodeNames: string[]): Promise<void> {
  mkdirSync(pkiDir, { recursive: true, mode: 0o700 });
  await ensureAuthority();
  await ensureServiceAccountKey();
  const kubelets = nodeNames.map((name) => ({
    file: `kubelet-${name}`,
    commonName: `system:node:${name}`,
    organization: "system:nodes",
  }));
  await Promise.all([...control, ...kubelets].map(ensureCertificate));
}

const ecKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

async function ensureAuthority(): Promise<void> {
  if (existsSync(pkiFile("ca.crt"))) return;
  const out = ["-keyout", pkiFile("ca.key"), "-out", pkiFile("ca.crt")];
  // Python 3.13 and newer believe no authority that does not say what it is for.
  const use = ["-addext", "keyUsage = critical, keyCertSign, cRLSign"];
  const subject = ["-subj", "/CN=stateful-test-bed"];
  await run("openssl", ["req", "-x509", ...ecKey, "-days", "3650", ...subject, ...use, ...out]);
}

async function ensureServiceAccountKey(): Promise<void> {
  if (existsSync(pkiFile("service-account.key"))) return;
  await run("openssl", ["genrsa", "-out", pkiFile("service-account.key"), "2048"]);
}

/** One more certificate of the authority, unless it is there. */
export async function ensureCertificate(subject: Subject): Promise<void> {
  const certificate = pkiFile(`${subject.file}.crt`);
  if (existsSync(certificate)) return;
  const request = pkiFile(`${subject.file}.csr`);
  const extensions = pkiFile(`${subject.file}.ext`);
  const organization = subject.organization ? `/O=${subject.organization}` : "";
  const key = pkiFile(`${subject.file}.key`);
  await run("openssl", [
    "req",
    ...ecKey,
    "-keyout",
    key,
    "-subj",
    `${organization}/CN=${subject.commonName}`,
    "-out",
    request,
  ]);
  writeFileSync(
    extensions,
    [
      "keyUsage = critical, digitalSignature, keyEncipherment",
      "extendedKeyUsage = clientAuth, serverAuth",
      "subjectKeyIdentifier = hash",
      "authorityKeyIdentifier = keyid",
      ...(subject.alternativeNames ? [`subjectAltName = ${subject.alternativeNames.join(",")}`] : []),
    ].join("\n"),
  );
  // A random serial number: a counter in a file would be shared by the signings that run side by side.
  const serial = `0x${randomBytes(8).toString("hex")}`;
  const authority = ["-CA", pkiFile("ca.crt"), "-CAkey", pkiFile("ca.key"), "-set_serial", serial];
  const sign = ["x509", "-req", "-in", request, ...authority, "-days", "3650", "-extfile", extensions];
  await run("openssl", [...sign, "-out", certificate]);
}
