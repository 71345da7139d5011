import type { DatabaseArgs } from "../database/args";

/** A PostgreSQL database. Its name is the component's: at most 52 characters, since DNS names are made of it. */
export interface PostgreSqlArgs extends DatabaseArgs {
  /** Extensions that are created in the database; the image must have them. @default none */
  extensions?: string[];
  /** Lines of pg_hba.conf for clients, each `host DATABASE USER ADDRESS METHOD` or another type. @default every user, from everywhere the NetworkPolicy admits, by scram-sha-256 */
  clientHba?: string[];
  /** User and group that the image's PostgreSQL runs as. @default 1000 with the default image, else 999 */
  userId?: number;
  /** Directory of PostgreSQL's programs in the image. @default /usr/lib/postgresql/VERSION/bin, as Debian has it */
  binaries?: string;
  /** Seconds that the server may take to stop before it is killed. @default 300, for a large checkpoint on a slow disk */
  terminationGracePeriodSeconds?: number;
}
