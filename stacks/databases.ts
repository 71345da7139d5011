import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { BackupArgs } from "../components/backup/args";
import type { Problems } from "../components/common/problems";
import { backupOf } from "./backup";
import { ENGINE_NAMES, ENGINES, type EngineName, engineOf, type EngineSchema } from "./engines";
import { fromRegistry, type StackImages } from "./images";
import { parse } from "./mistakes";
import { sharedKeys } from "./schema/database";
import { monitoringOf } from "./monitoring";
import type { DatabaseConfig, Passwords, StackMonitoring } from "./types";

const [first, ...others] = ENGINE_NAMES.map((name): EngineSchema => ENGINES[name].schema);

/** One database: what it can say depends on its engine. */
const databaseSchema = z.discriminatedUnion("engine", [first as EngineSchema, ...others]);

/** What can be looked at where nobody knows which engine is meant. */
const engineless = z.object(sharedKeys);

/** Parses a database as its engine has it. A key that only another engine has is told so, instead of being called unknown. */
export function parseDatabase(
  value: unknown,
  problems: Problems,
): z.infer<typeof databaseSchema> | undefined {
  if (!isMap(value)) return parse(databaseSchema, value, problems);
  const engine = ENGINE_NAMES.find((name) => name === value["engine"]);
  if (engine === undefined) {
    parse(engineless, value, problems);
    return parse(databaseSchema, { engine: value["engine"] }, problems);
  }
  return parse(databaseSchema, withoutForeign(engine, value, problems), problems);
}

/** What a database has from its stack. */
interface OfStack {
  namespace: string;
  backup: BackupArgs | undefined;
  monitoring: StackMonitoring;
  images: StackImages;
  passwords: Passwords | undefined;
}

/** A database with every default filled in that its engine has. Its passwords come from another place of the stack file. */
export function databaseConfig(
  name: string,
  { engine, nodes, backup: own, monitoring: figures, ...args }: z.infer<typeof databaseSchema>,
  { namespace, backup: shared, monitoring: all, images, passwords = {} }: OfStack,
): DatabaseConfig {
  const backup = backupOf(shared, own);
  const monitoring = monitoringOf(all, figures, engineOf(engine).exporter !== undefined);
  const secrets = Object.fromEntries(
    Object.entries(passwords).map(([key, value]) => [key, pulumi.secret(value)]),
  );
  const resolved = engineOf(engine).resolve({
    ...args,
    ...(backup ? { backup } : {}),
    ...(monitoring ? { monitoring } : {}),
    ...secrets,
    namespace,
  });
  return { name, engine, nodes, args: fromRegistry(engine, resolved, args, images) };
}

function withoutForeign(engine: EngineName, value: Record<string, unknown>, problems: Problems): object {
  const own = Object.keys(ENGINES[engine].schema.shape);
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => {
      if (own.includes(key)) return true;
      const owners = ENGINE_NAMES.filter((name) => key in ENGINES[name].schema.shape);
      if (owners.length === 0) return true;
      problems.add(key, {
        allowed: `only with engine: ${owners.join(", ")}`,
        fix: `remove it: ${engine} has no ${key}`,
      });
      return false;
    }),
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
