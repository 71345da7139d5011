import type * as pulumi from "@pulumi/pulumi";

/** An issuer of cert-manager, which must be installed in the cluster. */
export interface IssuerArgs {
  /** Name of the issuer. */
  name: pulumi.Input<string>;
  /** `Issuer`, of the database's namespace, or `ClusterIssuer`. @default Issuer */
  kind?: string;
  /** API group of an issuer that is not one of cert-manager's own. @default cert-manager.io */
  group?: string;
}

/** A certificate authority, as `CertificateAuthority` puts it out. */
export interface AuthorityArgs {
  /** Its certificate, in PEM. */
  certificate: pulumi.Input<string>;
  /** Its private key, in PEM. A secret. */
  privateKey: pulumi.Input<string>;
}

/** Where a database's certificate comes from, and who must use it. */
export interface TlsArgs {
  /**
   * A Secret in the database's namespace with the keys `ca.crt`, `tls.crt` and `tls.key`, instead of a
   * certificate of ours. Servers take over a change while they run. @default none
   */
  existingSecret?: pulumi.Input<string>;
  /** cert-manager's issuer that makes the certificate, instead of us. It must supply `ca.crt`. @default none */
  issuer?: IssuerArgs;
  /** The authority that signs the certificate. @default one of the database's own */
  authority?: AuthorityArgs;
  /** More names of the certificate, for instance that of a load balancer: DNS names, and IP addresses that clients connect to. @default none */
  dnsNames?: pulumi.Input<string>[];
  /** Whether clients without TLS are refused. @default false: a client that was not told of TLS would be locked out, and one that does not verify is not safer by it */
  required?: boolean;
  /**
   * Whether members verify each other's certificates. Turn it off for one rolling update when the authority of a
   * group that runs is exchanged: old and new members could not speak to each other. @default true
   */
  verifyMembers?: boolean;
}
