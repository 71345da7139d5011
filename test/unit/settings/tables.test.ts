import assert from "node:assert/strict";
import { Problems } from "../../../components/common/problems";
import { mysqlLanguage } from "../../../components/mysql/settings/language";
import { postgresqlLanguage } from "../../../components/postgresql/settings/language";
import { checkSettings, type SettingLanguage } from "../../../components/settings/check";

/** Every version with a table. */
const LANGUAGES: SettingLanguage[] = [
  ...["8.4", "9.7"].map(mysqlLanguage),
  ...["16", "17", "18"].map(postgresqlLanguage),
];

/** What is found in settings that are not reserved. */
function mistakes(settings: Record<string, string>, language: SettingLanguage): string[] {
  const problems = new Problems("");
  checkSettings(settings, language, problems);
  return problems.found.map(({ key, allowed, fix }) => `${key}: ${allowed}: ${fix}`);
}

describe("the tables of settings", () => {
  for (const language of LANGUAGES) {
    const { engine, version, table, reserved, restricted } = language;
    const free = [...table.values()].filter(({ name }) => !(name.toLowerCase() in reserved));

    it(`take what ${engine} ${version} starts with by itself`, () => {
      assert.ok(table.size > 300);
      const own = free.filter(
        (setting) => setting.default !== "" && !(setting.name.toLowerCase() in restricted),
      );
      assert.ok(own.length > 200);
      assert.deepEqual(
        own.flatMap(({ name, default: value }) => mistakes({ [name]: value }, language)),
        [],
      );
    });

    it(`say of each setting of ${engine} ${version} what can be, and no more`, () => {
      for (const { name, type, least, most, choices } of table.values()) {
        assert.match(name, /^[a-z][\w]*$/i);
        assert.equal(["choice", "set", "switches"].includes(type), choices.length > 0, name);
        if (least !== "" && most !== "") assert.ok(Number(least) <= Number(most), name);
      }
    });

    it(`have what ${engine} ${version} is told not to take`, () => {
      const known = Object.keys(restricted).filter((name) => table.has(name));
      assert.ok(known.length >= Object.keys(restricted).length - 2);
    });

    it(`find a slip in a name of ${engine} ${version}`, () => {
      const found = mistakes({ max_conections: "500" }, language);
      assert.equal(found.length, 1);
      assert.match(
        found[0]!,
        new RegExp(`a setting of ${engine} ${version}: did you mean "max_connections"`),
      );
    });
  }
});
