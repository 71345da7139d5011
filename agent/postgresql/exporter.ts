import { EXPORTER_CONNECTIONS, EXPORTER_USER } from "../../components/protocol/exporter";
import {
  EXPORTER_DATABASE,
  EXPORTER_PASSFILE,
  EXPORTER_PORT,
  POSTGRESQL_PORT,
} from "../../components/postgresql/protocol";
import { escapeIdentifier } from "pg";
import { monotonic } from "../core/clock";
import type { Credentials } from "../core/credentials";
import { ExporterLogin } from "../core/exporter";
import type { Notices } from "../core/notices";
import { canLogIn, type Run } from "./sql";

/** The most that a statement of its may take: what asks again meanwhile would find its connections taken. */
const PATIENCE = "10s";

/** Lets the exporter look at what the server says of itself, and nothing else; its role is there. */
export async function admitExporter(run: Run): Promise<void> {
  const role = escapeIdentifier(EXPORTER_USER);
  await run(`ALTER ROLE ${role} CONNECTION LIMIT ${EXPORTER_CONNECTIONS}`);
  await run(`ALTER ROLE ${role} SET statement_timeout = '${PATIENCE}'`);
  await run(`GRANT pg_monitor TO ${role}`);
  await run(`GRANT CONNECT ON DATABASE ${escapeIdentifier(EXPORTER_DATABASE)} TO ${role}`);
}

/** Keeps it out. */
export async function dismissExporter(run: Run): Promise<void> {
  const found = await run("SELECT 1 FROM pg_roles WHERE rolname = $1 AND rolcanlogin", [EXPORTER_USER]);
  if (found.length > 0) await run(`ALTER ROLE ${escapeIdentifier(EXPORTER_USER)} NOLOGIN PASSWORD NULL`);
}

/** A line of libpq's file of passwords. https://www.postgresql.org/docs/17/libpq-pgpass.html */
export function passfileLine(password: string): string {
  const fields = ["127.0.0.1", POSTGRESQL_PORT, EXPORTER_DATABASE, EXPORTER_USER, password];
  return `${fields.map((field) => String(field).replace(/[\\:]/g, "\\$&")).join(":")}\n`;
}

/** How the exporter of this member gets its password. */
export function exporterLogin(credentials: Credentials, notices: Notices): ExporterLogin {
  return new ExporterLogin({
    credentials,
    notices,
    clock: monotonic,
    // By the way that it has.
    letsIn: (password) => canLogIn({ user: EXPORTER_USER, password, host: "127.0.0.1" }),
    file: { name: EXPORTER_PASSFILE, content: passfileLine },
    port: EXPORTER_PORT,
  });
}
