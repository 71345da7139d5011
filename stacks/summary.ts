import type * as pulumi from "@pulumi/pulumi";
import { backupPromises } from "../components/backup/promises";
import type { ResolvedArgs } from "../components/database/engine";
import { describeMemory } from "../components/database/memory";
import type { Database } from "../components/database/database";
import { shownOutputs } from "../components/database/outputs";
import type { Guarantees } from "../components/database/guarantees";
import { type Endpoint, endpointsOf, hostOutputs } from "../components/network/endpoints";
import { clientLabels } from "../components/network/network-policy";
import { mainEndpoint } from "../components/protocol/topology";
import { type EngineName, engineOf, topologyOf } from "./engines";
import type { StackStorage } from "./storage";

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
  /** Name of the application's database. */
  database: string;
  /** Size of each replica's volume. */
  storage: string;
  /** Class of the volumes, in words. */
  storageClass: string;
  /** Where the volumes are, in words. */
  volumesAt: string;
  /** Label that a pod of the namespace needs to connect. */
  clientLabel: string;
  promises: Guarantees;
  /** What the server may use of its memory, in words. */
  memory: string;
}

/** A database that was made, with what it was made of. */
export interface CreatedDatabase {
  engine: EngineName;
  args: ResolvedArgs;
  outputs: Database;
}

/** Puts together what the users of a database want to know. */
export function summarize(
  name: string,
  { engine, args, outputs }: CreatedDatabase,
  storage: StackStorage,
): DatabaseSummary {
  const { survives, canBeLost } = engineOf(engine).guarantees(args);
  const backup = backupPromises(args.backup);
  const { namespace, replicas } = args;
  const endpoints = endpointsOf(topologyOf({ engine, args }), { database: name, namespace, replicas });
  const main = mainEndpoint(endpoints);
  return {
    engine,
    version: args.version,
    replicas: args.replicas,
    database: args.database,
    storage: args.storage,
    storageClass: storage.className,
    volumesAt: storage.location,
    ...hostOutputs(endpoints),
    ...shownOutputs(outputs),
    endpoints: [main, ...endpoints.filter((endpoint) => endpoint !== main)].map(summarizeEndpoint),
    clientLabel: Object.entries(clientLabels(name)).flat().join("="),
    memory: describeMemory(engineOf(engine).memory(args), args.resources.memory),
    promises: {
      survives: [...survives, ...backup.survives],
      canBeLost: [...canBeLost, ...backup.canBeLost, `when a node is lost: ${storage.whenNodeIsLost}`],
    },
  };
}

function summarizeEndpoint({ backing, key, for: purpose, address }: Endpoint): EndpointSummary {
  return { what: backing === "proxy" ? key : purpose, address };
}
