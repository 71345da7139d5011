/**
 * What a program that uses the library sees of TLS: authorities and certificates.
 *
 * @module
 */
export { type AuthorityArgs, type IssuerArgs, type TlsArgs } from "./args";
export { CertificateAuthority, type CertificateAuthorityArgs } from "./certificate-authority";
export { DatabaseCertificate, type DatabaseCertificateArgs } from "./database-certificate";
