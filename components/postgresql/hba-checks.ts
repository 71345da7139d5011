import type { Problems } from "../common/problems";
import { type HbaMistake, type HbaRule, parseHba } from "./hba";

/** What a method may be told, beside what holds for all that use TLS. */
const METHODS: Record<string, { options: string[]; needed?: string[][] }> = {
  "scram-sha-256": { options: [] },
  reject: { options: [] },
  cert: { options: ["map"] },
  gss: { options: ["map", "include_realm", "krb_realm"] },
  ldap: {
    options: [
      "ldapurl",
      "ldaptls",
      "ldapscheme",
      "ldapserver",
      "ldapport",
      "ldapbinddn",
      "ldapsearchattribute",
      "ldapsearchfilter",
      "ldapbasedn",
      "ldapprefix",
      "ldapsuffix",
    ],
    needed: [
      ["ldapurl", "ldapserver", "ldapbasedn"],
      ["ldapurl", "ldapbasedn", "ldapprefix", "ldapsuffix"],
    ],
  },
};

/** Values of options that have a few. */
const VALUES: Record<string, string[]> = {
  clientcert: ["verify-ca", "verify-full"],
  clientname: ["CN", "DN"],
  ldapscheme: ["ldap", "ldaps"],
  ldaptls: ["0", "1"],
  include_realm: ["0", "1"],
};

const WITH_TLS = ["clientcert", "clientname"];

/** Finds what is wrong with lines for pg_hba.conf: a line that the server refuses keeps it from starting. */
export function checkClientHba(lines: string[] | undefined, problems: Problems): void {
  lines?.forEach((line, index) => {
    const parsed = parseHba(line);
    const mistake = "method" in parsed ? mistakeOf(parsed) : parsed;
    if (mistake) problems.add(`clientHba[${index}]`, { value: withoutSecret(line), ...mistake });
  });
}

/** The line up to where a secret may begin: what is found is shown. */
function withoutSecret(line: string): string {
  return line.replace(/(ldapbindpasswd|radiussecrets).*$/is, "$1…");
}

function mistakeOf(rule: HbaRule): HbaMistake | undefined {
  return secretMistake(rule) ?? methodMistake(rule) ?? optionMistake(rule) ?? replicationMistake(rule);
}

/** The lines stand in a ConfigMap and in Patroni's settings, an annotation of its Endpoints: both are read by many. */
function secretMistake({ method, options }: HbaRule): HbaMistake | undefined {
  if (method === "radius") {
    return {
      allowed:
        "no radius: it cannot do without radiussecrets, which would stand in plain text in ConfigMap and Endpoints",
      fix: "choose scram-sha-256, cert, gss or ldap, and change radiussecrets if the file was shared",
    };
  }
  if (!options.some(([name]) => name === "ldapbindpasswd")) return undefined;
  return {
    allowed: "no ldapbindpasswd: it would stand in plain text in ConfigMap and Endpoints",
    fix:
      "have users bind as themselves (ldapprefix and ldapsuffix), or let the directory be searched without a password; " +
      "change the password if the file was shared",
  };
}

/** A line that admits without a password would also admit the administrator, or a member's account. */
function methodMistake({ type, method }: HbaRule): HbaMistake | undefined {
  if (!(method in METHODS)) {
    return {
      allowed: `the METHOD, behind the address, is one of ${Object.keys(METHODS).join(", ")}`,
      fix: `choose one of these in place of ${method}`,
    };
  }
  if (method === "cert" && type !== "hostssl") {
    return {
      allowed: "cert with hostssl alone: a client shows its certificate by TLS",
      fix: "write hostssl",
    };
  }
  return undefined;
}

function optionMistake({ type, method, options }: HbaRule): HbaMistake | undefined {
  const known = [...(METHODS[method]?.options ?? []), ...(type === "hostssl" ? WITH_TLS : [])];
  for (const [name, value] of options) {
    if (value === undefined) {
      return { allowed: "NAME=VALUE behind the METHOD", fix: "correct what stands behind the method" };
    }
    if (!known.includes(name)) {
      const onlyWithTls = WITH_TLS.includes(name);
      return {
        allowed: `options of ${method}${onlyWithTls ? " without TLS" : ""}: ${known.join(", ") || "none"}`,
        fix: onlyWithTls ? "write hostssl" : `remove ${name}`,
      };
    }
    const values = name === "clientcert" && method === "cert" ? ["verify-full"] : VALUES[name];
    if (values?.includes(value) === false) {
      return { allowed: `${name} is one of ${values.join(", ")}`, fix: `correct ${name}` };
    }
    if (name === "ldapport" && !/^[1-9]\d{0,4}$/.test(value)) {
      return { allowed: "ldapport is a port", fix: "correct ldapport" };
    }
  }
  const given = options.map(([name]) => name);
  const missing = METHODS[method]?.needed?.find((names) => !names.some((name) => given.includes(name)));
  return missing && { allowed: `${method} with ${missing.join(" or ")}`, fix: `say ${missing[0] ?? ""}=…` };
}

/** Whoever may replicate gets a copy of everything. */
function replicationMistake({ type, databases, method }: HbaRule): HbaMistake | undefined {
  const replicates = databases.some(({ text, quoted }) => !quoted && text === "replication");
  if (!replicates || method === "reject" || type === "hostssl") return undefined;
  return {
    allowed: "replication by TLS alone: it carries every row",
    fix: "write hostssl, or name a database",
  };
}
