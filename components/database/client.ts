/** Whom a client of the engine's own talks to. */
export interface ClientTarget {
  /** Name of the database's component. */
  name: string;
  /** DNS name that the servers' certificate has: the main endpoint's. */
  host: string;
  /** Name of the database. */
  database: string;
  /** Path of the certificate of the servers' authority. */
  authority: string;
}
