import type * as pulumi from "@pulumi/pulumi";
import type { shownOutputs } from "../components/database/outputs";
import type { BackupBucket } from "../components/backup/backup-bucket";
import type { Guarantees } from "../components/database/guarantees";

// What programs that deploy a stack get back. Declared apart from how it is made, so that their compilers read no more than this.

/** An endpoint of a database as its users see it. */
export interface EndpointSummary {
  /** What it is, in a word: `reads`. */
  what: string;
  /** Host and port; where it is several hosts, with commas between. */
  address: pulumi.Output<string>;
}

/** A database as its users see it. */
export interface DatabaseSummary extends ReturnType<typeof shownOutputs> {
  /** Beside the port, `<key>Host` has the host of each alone. */
  endpoints: EndpointSummary[];
  engine: string;
  version: string;
  replicas: number;
  /** Whether it is stopped, with its data kept. @default it runs */
  paused?: boolean;
  /** Name of the application's database. */
  database: string;
  /** Size of each replica's volume; absent where there are none. */
  storage?: string;
  /** Class of the volumes, in words. */
  storageClass?: string;
  /** Where the volumes are, in words. */
  volumesAt?: string;
  /** Label that a pod of the namespace needs to connect. */
  clientLabel: string;
  guarantees: Guarantees;
  /** What the server may use of its memory, in words. */
  memory: string;
}

/** An agent on every node. */
export interface NodeAgentSummary {
  /** Its namespace. */
  namespace: pulumi.Output<string>;
  /** What it does, in words. */
  what: string;
}

/** When an application runs that has a schedule. */
export interface ScheduleSummary {
  /** As the stack file has it. */
  cron: string;
  timeZone: string;
  /** Whether no run begins. @default they do */
  paused?: boolean;
}

/** What a stack puts out. */
export interface StackOutputs {
  /** The cluster's namespace that everything lives in. */
  namespace: pulumi.Output<string>;
  /** The certificate that clients of the databases trust, in PEM; none where all have certificates from elsewhere. */
  caCertificate?: pulumi.Output<string>;
  /** Each database with its names, its Secret, and what its settings promise. */
  databases: Record<string, DatabaseSummary>;
  /** The bucket that was made for backups, its key, and who may write and who delete in it. */
  backupBucket?: Pick<BackupBucket, "bucketName" | "bucketArn" | "kmsKeyArn" | "writerRoles" | "keeperRoles">;
  /** The agents on every node, by their names; none where there are none. */
  nodeAgents?: Record<string, NodeAgentSummary>;
  /** The host and port of each application. */
  applications: Record<string, { host: pulumi.Output<string>; port: pulumi.Output<number> }>;
  /** When applications run that have a schedule. */
  schedules: Record<string, ScheduleSummary>;
}
