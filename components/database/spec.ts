import type { EngineRights } from "../agents/agent-rights";
import type { AlternateMemberArgs } from "../credentials/member-secret";
import type { Topology } from "../protocol/topology";
import type { EngineExporter } from "./exporter";

/** What an engine says of itself, for the parts that every database has. */
export interface DatabaseSpec {
  /** Name of its room. */
  engine: string;
  topology: Topology;
  /** Keys of the passwords that the members use among themselves. */
  memberKeys: string[];
  /** What it does with the API itself. @default nothing */
  rights?: EngineRights;
  /** Whether a new password comes with another user. @default false */
  alternateUsers?: boolean;
  /** An account of the members' for which the same holds. @default none */
  alternateMember?: AlternateMemberArgs;
  /** Names of the Services by which what stands before the members verifies them. @default none */
  proxiesVerify?: string[];
  /** Whether members show one another the certificate as clients, too. @default false */
  membersAsClients?: boolean;
  /** Whether a member must hand over what it holds before its pod may go. @default false */
  decommissions?: boolean;
  /** Users that it has of its own. @default none */
  reservedUsers?: string[];
  /** The longest password that it takes, bytes. @default any length */
  maxPasswordBytes?: number;
  /** Whether its agents keep users and databases beside the application's. @default false */
  keepsUsers?: boolean;
  /** Its usual exporter. @default it has none */
  exporter?: EngineExporter | undefined;
}
