import { backupGuarantees } from "../components/backup/guarantees";
import type { ResolvedArgs } from "../components/database/engine";
import { describeMemory } from "../components/database/memory";
import type { Database } from "../components/database/database";
import { shownOutputs } from "../components/database/outputs";
import { type Endpoint, endpointsOf, hostOutputs } from "../components/network/endpoints";
import { clientLabels } from "../components/network/network-policy";
import { mainEndpoint } from "../components/protocol/topology";
import { type EngineName, engineOf, topologyOf } from "./engines";
import { SCHEDULE_DEFAULTS } from "../components/application/schedule-defaults";
import type { DatabaseSummary, EndpointSummary, ScheduleSummary } from "./outputs";
import type { StackStorage } from "./storage";
import type { ApplicationConfig } from "./types";

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
  const backup = backupGuarantees(args.backup);
  const { namespace, replicas } = args;
  const endpoints = endpointsOf(topologyOf({ engine, args }), { database: name, namespace, replicas });
  const main = mainEndpoint(endpoints);
  return {
    engine,
    version: args.version,
    replicas: args.replicas,
    ...(args.paused === true ? { paused: true } : {}),
    database: args.database,
    ...volumesOf(args, storage),
    ...hostOutputs(endpoints),
    ...shownOutputs(outputs),
    endpoints: [main, ...endpoints.filter((endpoint) => endpoint !== main)].map(summarizeEndpoint),
    clientLabel: Object.entries(clientLabels(name)).flat().join("="),
    memory: describeMemory(engineOf(engine).memory(args), args.resources.memory),
    guarantees: {
      survives: [...survives, ...backup.survives],
      canBeLost: [
        ...canBeLost,
        ...backup.canBeLost,
        ...(args.storage === undefined ? [] : [`when a node is lost: ${storage.whenNodeIsLost}`]),
      ],
    },
  };
}

function volumesOf(
  { storage: size }: ResolvedArgs,
  { className, location }: StackStorage,
): Pick<DatabaseSummary, "storage" | "storageClass" | "volumesAt"> {
  return size === undefined ? {} : { storage: size, storageClass: className, volumesAt: location };
}

function summarizeEndpoint({ backing, key, for: purpose, address }: Endpoint): EndpointSummary {
  return { what: backing === "proxy" ? key : purpose, address };
}

/** When those of the applications run that have a schedule. */
export function schedulesOf(applications: readonly ApplicationConfig[]): Record<string, ScheduleSummary> {
  return Object.fromEntries(
    applications.flatMap(({ name, args: { schedule } }) => {
      if (schedule === undefined) return [];
      const { cron, timeZone = SCHEDULE_DEFAULTS.timeZone, paused } = schedule;
      return [[name, { cron, timeZone, ...(paused === true ? { paused } : {}) }]];
    }),
  );
}
