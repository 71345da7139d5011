import { didYouMean } from "../common/did-you-mean";
import { holdsSecret, isSecretName } from "../common/secrets";
import type { Problems } from "../common/problems";
import type { Setting, SettingTable } from "./table";

/** What may stand there, and what to do. */
export interface SettingMistake {
  allowed: string;
  fix: string;
}

/** A name as it was written, and what it stands for. */
export interface ResolvedName {
  /** What the engine calls it. */
  name: string;
  /** What is known of it; nothing of a name that the engine does not have. */
  setting?: Setting;
  /** Whether it is passed on unread: a name of what is added to the engine, in the engine's own way of saying so. */
  letThrough?: boolean;
  /** What the way of writing says of the value. @default nothing: the value is the setting's */
  mistake?: (value: string) => SettingMistake | undefined;
}

/** How an engine's settings are written, and which ones there are. */
export interface SettingLanguage {
  /** The engine as its users write it. */
  engine: string;
  version: string;
  table: SettingTable;
  /** Settings that are not to be given at all, with the reason. */
  reserved: Readonly<Record<string, string>>;
  /** Settings of which some values are not to be given. */
  restricted: Readonly<Record<string, (value: string) => SettingMistake | undefined>>;
  /** Settings that there were once, with what to do instead. */
  replaced: Readonly<Record<string, string>>;
  /** What a name as it is written stands for. */
  resolve: (key: string) => ResolvedName;
  /** What to do with a name that nothing is known of. */
  otherwise: (name: string) => string;
  /** How to give a setting that is a secret, which must not stand in a ConfigMap. */
  secretly: (name: string) => string;
  /** What is wrong with a value, beside its being reserved. */
  mistakeOf: (setting: Setting, value: string) => SettingMistake | undefined;
}

/**
 * Finds what is wrong with each setting by itself: its name, and its value.
 *
 * @returns whether nothing is: only then do they say anything together
 */
export function checkSettings(
  settings: Readonly<Record<string, string>> | undefined,
  language: SettingLanguage,
  problems: Problems,
): boolean {
  const before = problems.found.length;
  const at = problems.at("settings");
  const written = new Map<string, string>();
  for (const [key, value] of Object.entries(settings ?? {})) {
    const resolved = language.resolve(key);
    const twice = written.get(resolved.name);
    const mistake =
      twice === undefined
        ? mistakeOf(key, value, resolved, language)
        : { allowed: "each setting once", fix: `remove it, or ${twice}, which is the same` };
    written.set(resolved.name, key);
    const secret = secretMistake(value, resolved, language);
    // Never with the value, which would then be in the output too.
    if (secret) at.add(key, secret);
    else if (mistake) at.add(key, { value, ...mistake });
  }
  return problems.found.length === before;
}

/** A ConfigMap is read by many, and rendered files by more. What the engine itself has is known not to be a secret. */
function secretMistake(
  value: string,
  { name, letThrough = false }: ResolvedName,
  { secretly }: SettingLanguage,
): SettingMistake | undefined {
  if (!(letThrough && isSecretName(name)) && !holdsSecret(value)) return undefined;
  return { allowed: "no secret: settings stand in a ConfigMap, in plain text", fix: secretly(name) };
}

function mistakeOf(
  key: string,
  value: string,
  { name, setting, letThrough, mistake }: ResolvedName,
  language: SettingLanguage,
): SettingMistake | undefined {
  const { engine, reserved, restricted } = language;
  const reason = reserved[name];
  if (reason !== undefined) {
    return {
      allowed: `any setting of ${engine} that the component does not need for itself`,
      fix: `remove it: ${reason}`,
    };
  }
  if (!/^[a-z_][\w.$-]*$/i.test(key) || UNPRINTABLE.test(value)) {
    return {
      allowed: "a setting's name and a value on one line, of characters that can be seen",
      fix: "write one setting a line",
    };
  }
  if (setting === undefined) return letThrough ? undefined : unknown(name, language);
  return mistake ? mistake(value) : (language.mistakeOf(setting, value) ?? restricted[name]?.(value));
}

/** Control characters, a tab aside: no engine's file takes them as they are. */
const UNPRINTABLE = /[\0-\x08\x0a-\x1f\x7f]/;

function unknown(
  name: string,
  { engine, version, table, replaced, otherwise }: SettingLanguage,
): SettingMistake {
  const names = [...table.values()].map((setting) => setting.name);
  return {
    allowed: `a setting of ${engine} ${version}`,
    fix: replaced[name] ?? didYouMean(name, names) ?? otherwise(name),
  };
}

/** A language's restriction of a setting to a few of its values. */
export function only(
  values: readonly string[],
  reason: string,
): (value: string) => SettingMistake | undefined {
  return (value) =>
    values.includes(value.trim().toLowerCase())
      ? undefined
      : { allowed: `${values.join(", ")}: ${reason}`, fix: "choose one of these, or remove it" };
}
