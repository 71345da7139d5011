import type * as pulumi from "@pulumi/pulumi";
import type { DatabaseCredentials } from "../credentials/database-credentials";
import type { DatabaseCertificate } from "../tls/database-certificate";
import type { ResolvedPostgreSql } from "./resolve";
import type { ResolvedPooler } from "./pooler-checks";

/** What a database's pooler is made of. */
export interface PoolerSpec {
  /** Name of the database. */
  database: string;
  /** DNS name of its primary. */
  primaryHost: pulumi.Output<string>;
  args: ResolvedPostgreSql;
  pooler: ResolvedPooler;
  credentials: DatabaseCredentials;
  certificate: DatabaseCertificate;
}
