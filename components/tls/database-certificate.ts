import { headlessServiceName } from "../protocol/names";
import { REPLICAS_SUFFIX } from "../protocol/topology";
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { isKnown } from "../common/outputs";
import { replaceable, type DataPolicy, type RetainingProvider } from "../common/retention";
import { decodeSecret } from "../credentials/secret-contents";
import { externalServiceName } from "../network/services";
import type { AuthorityArgs, IssuerArgs, TlsArgs } from "./args";
import { CertificateAuthority, privateKey } from "./certificate-authority";

/** The certificate of a database's servers. */
export interface DatabaseCertificateArgs {
  /** Name of the database, of which the names in the certificate are made. */
  database: string;
  /** Namespace of the database. */
  namespace: pulumi.Input<string>;
  /** Names of the Services that lead to its servers. @default the database's own name, and `<database>-replicas` */
  services?: string[];
  /** Names of Services of what stands before the servers, such as a pooler, and shows the same certificate. @default none */
  proxies?: string[];
  /** Names of the Services by which these know the servers, and by no other name than the certificate has. @default none */
  proxiesVerify?: string[];
  /** Whether the servers show it to one another as clients, too. @default false */
  membersAsClients?: boolean;
  /** Where the certificate comes from. @default an authority of the database's own */
  tls?: TlsArgs;
  /** Labels of every object. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** What becomes of an authority of the database's own when it leaves the program. @default retain */
  dataPolicy?: DataPolicy;
  /** Provider with `upsertExistingObjects: true`, to find a retained authority again. @default the parent's */
  retainingProvider?: RetainingProvider;
}

/** Keys of a Secret with a certificate, as cert-manager and `kubectl create secret tls` name them. */
export const CERTIFICATE_KEYS = ["ca.crt", "tls.crt", "tls.key"] as const;

const YEAR_HOURS = 365 * 24;

/**
 * Ten years, as the authority, and renewed by the first `pulumi up` after one. Nobody renews it between two of them: who
 * would have to is a database's pod, with the key that makes certificates for every database. A certificate that
 * ended sooner would take a stack down that is merely left alone.
 */
const CERTIFICATE_HOURS = 10 * YEAR_HOURS;

/**
 * The Secret with the certificate that a database's servers show, and with that of the authority behind it:
 * somebody else's, one that cert-manager fills, or one of ours.
 */
export class DatabaseCertificate extends pulumi.ComponentResource {
  /** Name of the Secret; its keys are `ca.crt`, `tls.crt` and `tls.key`. */
  readonly secretName: pulumi.Output<string>;
  /** The authority's certificate in PEM; absent where cert-manager makes it, in the cluster. */
  readonly caCertificate?: pulumi.Output<string>;

  constructor(name: string, args: DatabaseCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("stateful:index:DatabaseCertificate", name, {}, opts);
    const { existingSecret, issuer } = args.tls ?? {};
    if (existingSecret !== undefined) {
      this.secretName = pulumi.output(existingSecret);
      this.caCertificate = readExisting(name, existingSecret, args, this);
    } else if (issuer) {
      this.secretName = issued(name, issuer, args, this);
    } else {
      const authority: AuthorityArgs =
        args.tls?.authority ?? new CertificateAuthority(`${args.database}-ca`, args, { parent: this });
      this.secretName = signed(name, authority, args, this);
      this.caCertificate = pulumi.output(authority.certificate);
    }
    this.registerOutputs({ secretName: this.secretName, caCertificate: this.caCertificate });
  }
}

/** The addresses among the names that were asked for: clients compare those with another field of the certificate. */
function ipAddresses({ tls: options }: DatabaseCertificateArgs): { ipAddresses?: pulumi.Input<string[]> } {
  const names = options?.dnsNames ?? [];
  const addressesOf = (all: string[]) => all.filter((name) => isIP(name) !== 0);
  if (!names.every(isKnown)) return { ipAddresses: pulumi.all(names).apply(addressesOf) };
  const addresses = addressesOf(names);
  return addresses.length > 0 ? { ipAddresses: addresses } : {};
}

function ownServices({ database, services }: DatabaseCertificateArgs): string[] {
  return services ?? [database, `${database}${REPLICAS_SUFFIX}`];
}

/** Every name that a database is reached by inside the cluster, and those that were asked for. */
function dnsNames(args: DatabaseCertificateArgs): pulumi.Output<string[]> {
  const { database, namespace, proxies = [], tls: options } = args;
  const services = [...ownServices(args), externalServiceName(database), ...proxies];
  const pods = `*.${headlessServiceName(database)}`;
  return pulumi.all([namespace, pulumi.all(options?.dnsNames ?? [])]).apply(([space, asked]) => {
    const suffixes = [`.${space}`, `.${space}.svc`, `.${space}.svc.cluster.local`];
    return [
      ...services.flatMap((service) => ["", ...suffixes].map((suffix) => service + suffix)),
      // Not without the namespace: a wildcard with a single dot is not believed.
      ...suffixes.map((suffix) => pods + suffix),
      ...asked.filter((name) => isIP(name) === 0),
    ];
  });
}

function readExisting(
  name: string,
  secretName: pulumi.Input<string>,
  args: DatabaseCertificateArgs,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const { namespace } = args;
  const secret = k8s.core.v1.Secret.get(`${name}-existing`, pulumi.interpolate`${namespace}/${secretName}`, {
    parent,
  });
  const found = secret.data as pulumi.Output<Record<string, string> | undefined>;
  const certificate = pulumi.all([found, secretName]).apply(([data, called]) => {
    const missing = CERTIFICATE_KEYS.filter((key) => data?.[key] === undefined);
    if (missing.length > 0) {
      throw new pulumi.RunError(
        `Secret ${called} has no key ${missing.map((key) => `"${key}"`).join(", ")}. ` +
          "It needs the authority's certificate (ca.crt), the servers' (tls.crt) and its private key (tls.key), in PEM.",
      );
    }
    return decodeSecret(data, "ca.crt") ?? "";
  });
  const checked = pulumi
    .all([certificate, secret.data, namespace, secretName])
    .apply(([ca, data, space, called]) => {
      checkNames(called, decodeSecret(data, "tls.crt") ?? "", space, args, parent);
      return ca;
    });
  return pulumi.unsecret(checked);
}

/** Clients that verify refuse a server by a name that its certificate does not have. */
function checkNames(
  secretName: string,
  pem: string,
  namespace: string,
  args: DatabaseCertificateArgs,
  parent: pulumi.Resource,
): void {
  const { proxies = [], proxiesVerify = [] } = args;
  const hostOf = (service: string): string => `${service}.${namespace}.svc`;
  const hosts = [...ownServices(args), ...proxies].map(hostOf);
  const certificate = parsed(pem);
  // Clients of today do not look for a name in the subject.
  const missing = hosts.filter((host) => certificate?.checkHost(host, { subject: "never" }) === undefined);
  if (certificate === undefined || missing.length === 0) return;
  const lacks = `Secret ${secretName}: its certificate (tls.crt) lacks the name ${missing.join(", ")}`;
  const needed = proxiesVerify.map(hostOf).filter((host) => missing.includes(host));
  if (needed.length > 0) {
    throw new pulumi.RunError(
      `${lacks}. ${proxies.join(", ")} would not connect to the database, which it knows by ${needed.join(", ")}. ` +
        "Have the certificate made with these names, or set tls.verifyMembers to false.",
    );
  }
  void pulumi.log.warn(
    `${lacks}: clients that verify the server, as applications of this stack do, do not connect by it.`,
    parent,
  );
}

/** What is none is refused by the members, which say so. */
function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function issued(
  name: string,
  { name: issuer, kind = "Issuer", group = "cert-manager.io" }: IssuerArgs,
  args: DatabaseCertificateArgs,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const { database, namespace, labels } = args;
  const secretName = certificateSecretName(database);
  new k8s.apiextensions.CustomResource(
    name,
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      metadata: { name: secretName, namespace, labels },
      spec: {
        secretName,
        commonName: database,
        dnsNames: dnsNames(args),
        ...ipAddresses(args),
        privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        usages: [
          "digital signature",
          "server auth",
          ...(args.membersAsClients === true ? ["client auth"] : []),
        ],
        issuerRef: { name: issuer, kind, group },
      },
    },
    { parent },
  );
  return pulumi.output(secretName);
}

function signed(
  name: string,
  authority: AuthorityArgs,
  args: DatabaseCertificateArgs,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const { database, namespace, labels } = args;
  const key = privateKey(`${name}-key`, parent);
  const request = new tls.CertRequest(
    `${name}-request`,
    {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName: database },
      dnsNames: dnsNames(args),
      ...ipAddresses(args),
    },
    replaceable(parent),
  );
  const certificate = new tls.LocallySignedCert(
    `${name}-certificate`,
    {
      certRequestPem: request.certRequestPem,
      caCertPem: authority.certificate,
      caPrivateKeyPem: authority.privateKey,
      validityPeriodHours: CERTIFICATE_HOURS,
      earlyRenewalHours: CERTIFICATE_HOURS - YEAR_HOURS,
      setSubjectKeyId: true,
      allowedUses: [
        "digital_signature",
        "server_auth",
        ...(args.membersAsClients === true ? ["client_auth"] : []),
      ],
    },
    replaceable(parent),
  );
  // Not retained: the next life of the stack makes another one, which the same authority signs.
  const secret = new k8s.core.v1.Secret(
    name,
    {
      metadata: { name: certificateSecretName(database), namespace, labels },
      stringData: {
        "ca.crt": authority.certificate,
        "tls.crt": certificate.certPem,
        "tls.key": key.privateKeyPem,
      },
    },
    { parent },
  );
  return secret.metadata.name;
}

/** Name of the Secret with a database's certificate. */
export function certificateSecretName(database: string): string {
  return `${database}-tls`;
}
