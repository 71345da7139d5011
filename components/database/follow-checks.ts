import { checkSecretName } from "../common/checks";
import { isDnsSubdomain } from "../common/names";
import type { Problems } from "../common/problems";
import type { DatabaseArgs } from "./args";
import type { FollowArgs } from "./follow-args";

/** Whether databases of an engine can follow another one, and otherwise what to do in place of it. */
export type FollowRules =
  { can: true; slot: { pattern: RegExp; rule: string } } | { can: false; instead: string };

const PEM = /^-----BEGIN CERTIFICATE-----\s[\s\S]+-----END CERTIFICATE-----\s*$/;

/** What a copy cannot have of its own, and why. */
const NOT_OF_A_COPY = {
  restoreFrom: "it begins with a copy of its source",
  backup: "its source is what is backed up",
  users: "it has its source's",
  databases: "it has its source's",
  exposure: "it takes no writes, and `replicasExposure` is for reads",
} as const;

/** Finds what is wrong with the source of a database that follows, and with what beside it cannot be. */
export function checkFollow(
  args: Pick<DatabaseArgs, "follow" | "tls" | keyof typeof NOT_OF_A_COPY>,
  { engine, follow: rules }: { engine: string; follow: FollowRules },
  problems: Problems,
): void {
  const { follow } = args;
  if (follow === undefined) return;
  if (!rules.can) {
    problems.add("follow", {
      allowed: `nothing, for ${engine}: its databases cannot follow another one yet`,
      fix: `remove it, and ${rules.instead}`,
    });
    return;
  }
  checkSource(follow, problems.at("follow"));
  if (follow.slot !== undefined && !rules.slot.pattern.test(follow.slot)) {
    problems.at("follow").add("slot", { value: follow.slot, allowed: rules.slot.rule, fix: "correct it" });
  }
  for (const [key, why] of Object.entries(NOT_OF_A_COPY)) {
    const value: object | undefined = args[key as keyof typeof NOT_OF_A_COPY];
    if (value === undefined || isEmptyOrOff(value)) continue;
    problems.add(key, {
      allowed: `nothing while the database follows another one: ${why}`,
      fix:
        (key === "backup" ? "write `backup: { enabled: false }` for it" : "remove it") +
        ", until the database has been promoted and `follow` is removed",
    });
  }
  if (args.tls?.verifyMembers === false) {
    problems.at("tls").add("verifyMembers", {
      value: false,
      allowed:
        "true while the database follows another one: members verify the source and each other by the same list",
      fix: "remove it",
    });
  }
}

function checkSource({ host, port, credentials, ca, caSecret }: FollowArgs, problems: Problems): void {
  if (!isDnsSubdomain(host) || /^[\d.]+$/.test(host)) {
    problems.add("host", {
      value: host,
      allowed: "a DNS name, without a scheme or port: the source's certificate is verified by it",
      fix: "name the Service of the source's primary, such as orders.databases.svc",
    });
  }
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65_535)) {
    problems.add("port", { value: port, allowed: "a whole number from 1 to 65535", fix: "correct it" });
  }
  checkSecretName("credentials.existingSecret", credentials.existingSecret, problems);
  checkSecretName("caSecret", caSecret, problems);
  if (ca !== undefined && caSecret !== undefined) {
    problems.add("caSecret", {
      value: caSecret,
      allowed: "only without `ca`: the authority stands in one place",
      fix: "remove one of both",
    });
  }
  if (ca !== undefined && !PEM.test(ca)) {
    problems.add("ca", {
      allowed: "certificates in PEM, beginning with -----BEGIN CERTIFICATE-----",
      fix: "write the authority's certificate as `kubectl get secret … -o jsonpath='{.data.ca\\.crt}' | base64 -d` shows it",
    });
  }
}

function isEmptyOrOff(value: object): boolean {
  return Object.keys(value).length === 0 || ("enabled" in value && value.enabled === false);
}
