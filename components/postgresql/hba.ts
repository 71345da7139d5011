import { isIP, isIPv4 } from "node:net";

/** A word of a line. What is in quotes is a name, and never a keyword or the beginning of an option. */
interface Word {
  text: string;
  quoted: boolean;
}

/** A field: words between commas. */
type Field = Word[];

/** What a line of pg_hba.conf says, part by part. */
export interface HbaRule {
  type: string;
  databases: Word[];
  users: Word[];
  method: string;
  /** Options of the method, in their order. What stands there without a value is no option. */
  options: [name: string, value: string | undefined][];
}

/** What is wrong with a line: what may stand there, and what to do. */
export interface HbaMistake {
  allowed: string;
  fix: string;
}

const TYPES = ["host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"];
const FORM = `${TYPES.join("|")} DATABASE USER ADDRESS METHOD [OPTION=VALUE …]`;
const EXAMPLE = "write one rule a line, for instance `host orders all 10.0.0.0/8 scram-sha-256`";

/**
 * Reads a line of pg_hba.conf by its grammar.
 *
 * @see https://www.postgresql.org/docs/17/auth-pg-hba-conf.html
 */
export function parseHba(line: string): HbaRule | HbaMistake {
  if (/[\r\n\0]/.test(line)) return { allowed: FORM, fix: EXAMPLE };
  if (line.trimEnd().endsWith("\\")) {
    return {
      allowed: "a rule that ends where its line ends",
      fix: "remove the backslash: the next rule would be part of this one",
    };
  }
  const fields = fieldsOf(line);
  if (fields === undefined) return { allowed: "quotes in pairs", fix: "close the quote" };
  const [type, databases, users, ...rest] = fields;
  const word = onlyWord(type);
  if (word?.startsWith("include")) {
    return { allowed: FORM, fix: "write the rules themselves: pods have no file to include" };
  }
  if (word === undefined || !TYPES.includes(word)) return { allowed: FORM, fix: EXAMPLE };
  if (databases === undefined || users === undefined) return { allowed: FORM, fix: EXAMPLE };
  const included = [...databases, ...users].find(({ text, quoted }) => !quoted && text.startsWith("@"));
  if (included) {
    return {
      allowed: "names of databases and users",
      fix: "write the names themselves: pods have no file to include",
    };
  }
  const length = addressLength(rest);
  if (typeof length !== "number") return length;
  const method = onlyWord(rest[length]);
  if (method === undefined) return { allowed: FORM, fix: EXAMPLE };
  const options: HbaRule["options"] = [];
  for (const field of rest.slice(length + 1)) {
    const [, name = "", value] = /^([^=]*)(?:=(.*))?$/.exec(onlyText(field) ?? "") ?? [];
    options.push([name, value]);
  }
  return { type: word, databases, users, method, options };
}

/** How many fields the address takes: two where the mask is one of its own. */
function addressLength([address, mask]: Field[]): number | HbaMistake {
  const text = onlyText(address);
  if (text === undefined) return { allowed: FORM, fix: EXAMPLE };
  if (["all", "samehost", "samenet"].includes(text)) return 1;
  const [host = "", length, ...others] = text.split("/");
  if (isIP(host) !== 0) {
    if (length === undefined) {
      const given = onlyText(mask) ?? "";
      if (isIP(given) === isIP(host)) return 2;
      const one = `${host}/${isIPv4(host) ? 32 : 128}`;
      return {
        allowed: "an address with its mask: ADDRESS/LENGTH, or ADDRESS MASK",
        fix: `write ${one} for this one address`,
      };
    }
    const most = isIPv4(host) ? 32 : 128;
    if (others.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= most) return 1;
    return { allowed: `ADDRESS/LENGTH, with a length of 0 to ${most}`, fix: "correct the length" };
  }
  // A name, which the server looks up, or the end of one behind a dot.
  if (length === undefined && /^\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(text) && !/^[\d.]+$/.test(text))
    return 1;
  return {
    allowed: "all, samehost, samenet, ADDRESS/LENGTH, ADDRESS MASK, a host's name, or .domain",
    fix: "correct the address",
  };
}

function onlyWord(field: Field | undefined): string | undefined {
  const [word, ...others] = field ?? [];
  return others.length === 0 && word && !word.quoted ? word.text : undefined;
}

function onlyText(field: Field | undefined): string | undefined {
  const [word, ...others] = field ?? [];
  return others.length === 0 ? word?.text : undefined;
}

/** The fields of a line, up to a comment. Nothing when a quote is left open. */
function fieldsOf(line: string): Field[] | undefined {
  const fields: Field[] = [];
  let field: Field = [];
  let rest = line;
  while ((rest = rest.replace(/^[ \t,]+/, "")) !== "" && !rest.startsWith("#")) {
    // Quotes may stand anywhere in a word; a blank, a comma or a comment ends it outside of them.
    const [raw = ""] = /^(?:"[^"]*"|[^ \t,#"])+/.exec(rest) ?? [];
    if (raw === "") return undefined;
    field.push({ text: raw.replace(/"/g, ""), quoted: raw.startsWith('"') });
    rest = rest.slice(raw.length);
    if (rest.startsWith('"')) return undefined;
    if (rest.startsWith(",")) continue;
    fields.push(field);
    field = [];
  }
  return field.length > 0 ? [...fields, field] : fields;
}
