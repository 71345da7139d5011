import assert from "node:assert/strict";
import { Problems } from "../../components/common/problems";
import { checkStatelessApp } from "../../components/application/checks";
import { checkSettings } from "../../components/settings/check";
import { mysqlLanguage } from "../../components/mysql/settings/language";
import { postgresqlLanguage } from "../../components/postgresql/settings/language";
import { mistakes, validStack } from "./support/stack";

const SECRET = "hunter2";

/** What is wrong, by key; it never has the secret itself. */
function keysOf(check: (problems: Problems) => void): string[] {
  const problems = new Problems("it");
  check(problems);
  assert.doesNotMatch(JSON.stringify(problems.found), new RegExp(SECRET));
  return problems.found.map(({ key }) => key.replace(/^it\./, ""));
}

const settings = (language: Parameters<typeof checkSettings>[1], given: Record<string, string>) =>
  keysOf((problems) => checkSettings(given, language, problems)).map((key) => key.replace(/^settings\./, ""));
const mysql = (given: Record<string, string>) => settings(mysqlLanguage("8.4"), given);
const postgresql = (given: Record<string, string>) => settings(postgresqlLanguage("17"), given);

describe("a secret in plain text", () => {
  it("is refused where MySQL's plugins and components take one", () => {
    const given = {
      loose_authentication_ldap_simple_bind_root_pwd: SECRET,
      "loose-keyring_hashicorp_secret_id": SECRET,
      loose_keyring_encrypted_file_password: SECRET,
    };
    assert.deepEqual(mysql(given), Object.keys(given));
    assert.deepEqual(mysql({ init_connect: `SET @token = '${SECRET}'` }), ["init_connect"]);
  });

  it("is refused where PostgreSQL's extensions and programs take one", () => {
    assert.deepEqual(postgresql({ "vault.token": SECRET }), ["vault.token"]);
    for (const value of [
      `AWS_SECRET_ACCESS_KEY=${SECRET} store %p`,
      `store --password '${SECRET}' --token="${SECRET}" %p`,
      `store https://me:${SECRET}@example.com/%f`,
    ]) {
      assert.deepEqual(postgresql({ "backup.command": value }), ["backup.command"], value);
    }
    assert.deepEqual(postgresql({ ssl_passphrase_command: "cat /key" }), ["ssl_passphrase_command"]);
  });

  it("is no secret because it is about passwords", () => {
    assert.deepEqual(
      mysql({
        password_history: "5",
        default_password_lifetime: "90",
        disconnect_on_expired_password: "ON",
        "loose_validate_password.policy": "STRONG",
        loose_validate_password_length: "12",
        init_connect: "SET SESSION sql_mode = 'ANSI'",
      }),
      [],
    );
    assert.deepEqual(
      postgresql({
        "passwordcheck.min_length": "8",
        scram_iterations: "10000",
        "backup.command": 'PGPASSWORD=$(cat /key) store "$TOKEN" https://example.com/%f',
        log_line_prefix: "%m [%p] %q%u@%d ",
      }),
      [],
    );
  });

  it("is refused in an application's variables and arguments, but for what refers to one", () => {
    const wrong = (args: object) =>
      keysOf((problems) => {
        checkStatelessApp("shop", { image: "shop:1", port: 80, ...args }, problems);
      });
    const env = {
      API_TOKEN: SECRET,
      SMTP_PASSWORD: SECRET,
      DSN: `mysql://app:${SECRET}@orders/app`,
      OPTIONS: `--password=${SECRET}`,
    };
    assert.deepEqual(
      wrong({ env }),
      Object.keys(env).map((name) => `env.${name}`),
    );
    assert.deepEqual(wrong({ args: ["serve", `--api-key=${SECRET}`] }), ["args[1]"]);
    assert.deepEqual(wrong({ args: [`--token=${SECRET}`, "--password", SECRET, "serve"] }), [
      "args[0]",
      "args[2]",
    ]);
    const right = {
      DSN: "mysql://$(DATABASE_USER):$(DATABASE_PASSWORD)@$(DATABASE_HOST)/app",
      APP_PASSWORD: "$(DATABASE_PASSWORD)",
      ROOT_PASSWORD: "",
      CSRF_TOKEN: "true",
      CODE: "const password = process.env.X",
      PASSWORD_FILE: "/run/secrets/password",
      SECRET_NAME: "keys",
      CACHE: "redis://cache:6379",
    };
    assert.deepEqual(
      wrong({
        env: right,
        args: [
          "--password=$(DATABASE_PASSWORD)",
          "--password",
          "$(DATABASE_PASSWORD)",
          "--token-file=/t",
          "--token",
          "-v",
        ],
      }),
      [],
    );
  });

  it("is not shown when it is of the wrong type", () => {
    const number = 20261126;
    const found = mistakes({ ...validStack, passwords: { orders: { password: number } } });
    assert.deepEqual(
      found.map(({ key }) => key),
      ["stateful:passwords.orders.password"],
    );
    assert.doesNotMatch(JSON.stringify(found), new RegExp(String(number)));
  });
});
