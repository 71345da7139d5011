import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { standardLabels } from "../common/labels";
import { type DataPolicy, replaceable, type RetainingProvider } from "../common/retention";
import { retainedSecret } from "../credentials/retained-secret";
import { decodeSecret } from "../credentials/secret-contents";

/** A certificate authority and the Secret that keeps it. */
export interface CertificateAuthorityArgs {
  /** Namespace of the Secret. */
  namespace: pulumi.Input<string>;
  /** Name of the Secret. Its keys are those that an issuer of cert-manager reads: `tls.crt` and `tls.key`. @default the name of the component */
  secretName?: string;
  /** Labels of the Secret. @default the standard ones */
  labels?: Record<string, pulumi.Input<string>>;
  /** What becomes of the Secret when it leaves the program. @default retain */
  dataPolicy?: DataPolicy;
  /** Provider with `upsertExistingObjects: true`, to find a retained Secret again. @default the parent's */
  retainingProvider?: RetainingProvider;
}

/** Ten years: clients hold its certificate, so that another one is work for all of them. */
const AUTHORITY_HOURS = 10 * 365 * 24;

/**
 * A certificate authority for the databases of a namespace. Clients that trust its certificate know every one
 * of them.
 *
 * An authority that its Secret holds already (left by a `pulumi destroy`, or put there by you) is used in place
 * of a new one.
 */
export class CertificateAuthority extends pulumi.ComponentResource {
  /** Its certificate, in PEM, for clients. */
  readonly certificate: pulumi.Output<string>;
  /** Its private key, in PEM. A secret. */
  readonly privateKey: pulumi.Output<string>;
  /** Name of the Secret with both. */
  readonly secretName: pulumi.Output<string>;

  constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("stateful:index:CertificateAuthority", name, {}, opts);
    const secretName = args.secretName ?? name;
    const fresh = generate(name, secretName, this);
    let pair: pulumi.Output<KeyPair> = fresh;
    this.secretName = retainedSecret(
      {
        ...args,
        name,
        secretName,
        labels:
          args.labels ??
          standardLabels({
            application: "certificate-authority",
            instance: name,
            component: "certificates",
          }),
        parent: this,
      },
      (secret) => {
        pair = pulumi
          .all([secret.data, fresh])
          .apply(([data, generated]) => foundIn(data, secretName) ?? generated);
        return {
          values: {
            "tls.crt": pair.apply(({ certificate }) => certificate),
            "tls.key": pulumi.secret(pair.apply(({ privateKey }) => privateKey)),
          },
        };
      },
    );
    // What is found in a Secret is secret as a whole; the certificate is for everybody.
    this.certificate = pulumi.unsecret(pair.apply(({ certificate }) => certificate));
    this.privateKey = pulumi.secret(pair.apply(({ privateKey }) => privateKey));
    this.registerOutputs({
      certificate: this.certificate,
      privateKey: this.privateKey,
      secretName: this.secretName,
    });
  }
}

interface KeyPair {
  certificate: string;
  privateKey: string;
}

/** Half a pair is a mistake that must not be mended by overwriting the other half. */
function foundIn(data: Record<string, string> | undefined, secretName: string): KeyPair | undefined {
  const [certificate, privateKey] = [decodeSecret(data, "tls.crt"), decodeSecret(data, "tls.key")];
  if (certificate !== undefined && privateKey !== undefined) return { certificate, privateKey };
  if (certificate === undefined && privateKey === undefined) return undefined;
  throw new pulumi.RunError(
    `Secret ${secretName} holds half of a certificate authority: it must have both tls.crt and tls.key, or neither. ` +
      "Add what is missing; or remove the other, and a new authority is made, which every client must then trust.",
  );
}

function generate(name: string, commonName: string, parent: pulumi.Resource): pulumi.Output<KeyPair> {
  const key = privateKey(`${name}-key`, parent);
  const certificate = new tls.SelfSignedCert(
    `${name}-certificate`,
    {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName },
      isCaCertificate: true,
      setSubjectKeyId: true,
      validityPeriodHours: AUTHORITY_HOURS,
      allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
    },
    replaceable(parent),
  );
  return pulumi
    .all([certificate.certPem, key.privateKeyPem])
    .apply(([certPem, privateKeyPem]) => ({ certificate: certPem, privateKey: privateKeyPem }));
}

/** A private key on the curve that every TLS library has. */
export function privateKey(name: string, parent: pulumi.Resource): tls.PrivateKey {
  return new tls.PrivateKey(name, { algorithm: "ECDSA", ecdsaCurve: "P256" }, replaceable(parent));
}
