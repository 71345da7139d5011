import type * as pulumi from "@pulumi/pulumi";
import type { DatabaseCredentials } from "../credentials/database-credentials";
import type { DatabaseCertificate } from "../tls/database-certificate";
import type { PoolerKey } from "./protocol";
import type { ResolvedPostgreSql } from "./resolve";
import type { ResolvedPooler } from "./pooler-checks";

/** What a database's pooler is made of. */
export interface PoolerSpec {
  /** Name of the database. */
  database: string;
  /** Which of its poolers. */
  key: PoolerKey;
  /** DNS name where it leads. */
  host: pulumi.Output<string>;
  args: ResolvedPostgreSql;
  pooler: ResolvedPooler;
  credentials: DatabaseCredentials;
  certificate: DatabaseCertificate;
}
