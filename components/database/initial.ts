import type * as pulumi from "@pulumi/pulumi";
import { mutableConfigMap } from "../common/mutable-config-map";
import type { Problems } from "../common/problems";
import { INITIAL_FILE } from "../protocol/initial";
import { initialName } from "../protocol/names";
import type { DatabaseArgs } from "./args";

/** How an engine takes the SQL that a database begins with: with what only its client knows; or what to do in its place. */
export type InitSqlRules =
  | {
      can: true;
      /** A line by which its client, and no server, is told something. */
      clientCommand: RegExp;
      client: string;
    }
  | { can: false; instead: string };

/** Of all texts together, bytes: an object of the API server holds 1 MiB, https://kubernetes.io/docs/concepts/configuration/configmap/ */
const MOST_BYTES = 512 * 1024;

/** A password as SQL gives it to an account. */
const PASSWORD = /\b(?:IDENTIFIED\s+(?:WITH\s+\S+\s+)?BY|PASSWORD)\s+'/i;

/** Finds what is wrong with the SQL that a database begins with, as far as that can be told without a server. */
export function checkInitSql(
  initSql: readonly string[] | undefined,
  { engine, initSql: rules }: { engine: string; initSql: InitSqlRules },
  problems: Problems,
): void {
  if (initSql === undefined) return;
  if (!rules.can) {
    problems.add("initSql", { allowed: `nothing, for ${engine}`, fix: `remove it: ${rules.instead}` });
    return;
  }
  const bytes = Buffer.byteLength(JSON.stringify(initSql));
  if (bytes > MOST_BYTES) {
    problems.add("initSql", {
      value: `${bytes} bytes`,
      allowed: `up to ${MOST_BYTES} bytes together`,
      fix: "keep the schema here, and load data by a Job or by the application",
    });
  }
  for (const [index, text] of initSql.entries()) checkText(text, rules, problems.at(`initSql[${index}]`));
}

function checkText(
  text: string,
  { client, clientCommand }: Extract<InitSqlRules, { can: true }>,
  problems: Problems,
): void {
  if (text.trim() === "") {
    problems.add("", { value: text, allowed: "one SQL statement or more", fix: "remove it" });
  }
  const [command] = clientCommand.exec(text) ?? [];
  if (command !== undefined) {
    problems.add("", {
      value: command.trim(),
      allowed: `SQL, which is sent to the server: this is a command of the client ${client}`,
      fix: "remove it; a text of its own needs no other delimiter, and what a file holds is to stand here",
    });
  }
  if (PASSWORD.test(text)) {
    problems.add("", {
      allowed: "no password: everybody who may read ConfigMaps could read it",
      fix: "list the user under `users`, which makes a password and keeps it in a Secret",
    });
  }
}

/**
 * What the agents are told of it, if there is any. Pods mount it whether it is there or not.
 *
 * @returns what pods must wait for
 */
export function databaseInitSql(
  name: string,
  { namespace, initSql = [] }: Pick<DatabaseArgs, "namespace" | "initSql">,
  { labels, parent }: { labels: Record<string, pulumi.Input<string>>; parent: pulumi.Resource },
): pulumi.Resource[] {
  if (initSql.length === 0) return [];
  const file = mutableConfigMap(
    initialName(name),
    {
      metadata: { name: initialName(name), namespace, labels },
      data: { [INITIAL_FILE]: JSON.stringify(initSql, undefined, 2) },
    },
    { parent, protect: false },
  );
  return [file.data];
}
