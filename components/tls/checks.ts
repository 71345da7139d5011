import { isIP } from "node:net";
import { isDnsSubdomain } from "../common/names";
import { isKnown } from "../common/outputs";
import type { Problems } from "../common/problems";
import type { TlsArgs } from "./args";

/** Finds what is wrong with where a certificate is to come from. */
export function checkTls(tls: TlsArgs | undefined, problems: Problems): void {
  if (tls === undefined) return;
  const { existingSecret, issuer, authority, dnsNames = [] } = tls;
  const sources = Object.entries({ existingSecret, issuer, authority })
    .filter(([, source]) => source !== undefined)
    .map(([key]) => key);
  if (sources.length > 1) {
    problems.add("", {
      allowed:
        "one source of the certificate: existingSecret, issuer, or neither for one of the stack's authority",
      fix: `keep one of ${sources.join(" and ")}`,
    });
  }
  if (isKnown(existingSecret) && !isDnsSubdomain(existingSecret)) {
    problems.add("existingSecret", {
      value: existingSecret,
      allowed: "the name of a Secret in the database's namespace",
      fix: "correct the name",
    });
  }
  if (existingSecret !== undefined && dnsNames.length > 0) {
    problems.add("dnsNames", {
      value: dnsNames,
      allowed: "nothing, where existingSecret is given: the names are in that certificate",
      fix: "remove dnsNames, or existingSecret",
    });
  }
  if (isKnown(issuer?.name) && !isDnsSubdomain(issuer.name)) {
    problems.add("issuer.name", {
      value: issuer.name,
      allowed: "the name of an Issuer or ClusterIssuer of cert-manager",
      fix: "correct the name",
    });
  }
  dnsNames.forEach((name, index) => {
    if (!isKnown(name) || isIP(name) !== 0 || isDnsName(name)) return;
    problems.add(`dnsNames[${index}]`, {
      value: name,
      allowed: "a DNS name, whose first part may be *, or an IP address, as 10.9.0.1 or fd00::1",
      fix: "write it as clients do, without a port, a mask or brackets",
    });
  });
}

/** No top-level domain is a number: what ends in one was meant as an address. */
function isDnsName(name: string): boolean {
  return isDnsSubdomain(name.replace(/^\*\./, "")) && !/(^|\.)\d+$/.test(name);
}

/**
 * Refuses, for an engine whose members always verify each other, that they be told not to.
 *
 * @param why how they do
 */
export function refuseUnverified(
  tls: TlsArgs | undefined,
  engine: string,
  why: string,
  problems: Problems,
): void {
  if (tls?.verifyMembers !== false) return;
  problems.at("tls").add("verifyMembers", {
    value: false,
    allowed: `true (${engine}): ${why}`,
    fix: "remove it; to exchange the authority, first put both certificates into ca.crt of tls.existingSecret",
  });
}
