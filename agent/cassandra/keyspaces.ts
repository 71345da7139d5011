import { DATACENTER } from "../../components/cassandra/protocol";
import type { Row } from "./client";

export const KEYSPACES_QUESTION = "SELECT keyspace_name, replication FROM system_schema.keyspaces";

/** How many members have a copy of each row of a keyspace. */
export interface Keyspace {
  name: string;
  /** None, where each member has its own. */
  copies: number;
}

/** Reads what a server answers to {@link KEYSPACES_QUESTION}. */
export function keyspacesFrom(rows: readonly Row[]): Keyspace[] {
  return rows.map((row) => {
    const replication = row["replication"] as Record<string, string> | null;
    const copies = Number(replication?.[DATACENTER] ?? replication?.["replication_factor"] ?? 0);
    return { name: String(row["keyspace_name"]), copies };
  });
}

/** Those of which a part is lost with any one member; the server's own are made again by it. */
export function singleCopies(keyspaces: readonly Keyspace[]): string[] {
  return keyspaces
    .filter(({ name, copies }) => copies === 1 && !name.startsWith("system"))
    .map(({ name }) => name);
}
