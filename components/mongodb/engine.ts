import type { Engine } from "../database/engine";
import type { Guarantees } from "../database/guarantees";
import { DATABASE_USER_ID } from "../database/pod-security";
import { checkMongoDb } from "./checks";
import { mongodbClient } from "./client";
import { MongoDb } from "./component";
import { MONGODB_LIMITS } from "./limits";
import { MONGODB_LOGS } from "./logs";
import { mongoDbMemory } from "./memory";
import { resolveMongoDb, type ResolvedMongoDb } from "./resolve";
import { MONGODB_TOPOLOGY } from "./topology";

/** MongoDB, as a stack sees it. */
export const mongoDbEngine: Engine = {
  userId: () => DATABASE_USER_ID,
  check: checkMongoDb,
  hasBackups: MONGODB_LIMITS.backup !== undefined,
  resolve: resolveMongoDb,
  topology: () => MONGODB_TOPOLOGY,
  guarantees,
  client: mongodbClient,
  logs: MONGODB_LOGS,
  memory: ({ resources, settings }) =>
    mongoDbMemory(resources.memory, new Map(Object.entries(settings ?? {}))).budget,
  imageName: () => "mongo",
  create: (name, args, opts) => new MongoDb(name, args, opts),
};

/** A majority has acknowledged each write that its client did not ask less for. */
function guarantees({ replicas }: ResolvedMongoDb): Guarantees {
  if (replicas === 1) {
    return {
      survives: [
        "a deleted pod, a killed server, a power cut: back on its volume with every acknowledged write",
      ],
      canBeLost: [
        "everything, with the volume: there is one copy",
        "a write that a client has sent with j: false, in the 100 ms before a power cut",
        "no write is lost, but none is taken, while the pod is away",
      ],
    };
  }
  const minority = (replicas - 1) / 2;
  const members = minority === 1 ? "any one member" : `any ${minority} members`;
  return {
    survives: [
      `the loss of ${members}, with the volumes: every write acknowledged at w: majority, which is what a client gets that asks for nothing`,
      "a power cut of all nodes at once, likewise",
      "a rolling update, a drain: the primary hands over first, to one that has all its data",
    ],
    canBeLost: [
      "a write that a client has sent with w: 1 or less, if the primary is lost before a majority has it: it is undone, and kept in a file",
      `no write is taken while fewer than ${minority + 1} of ${replicas} members are there`,
    ],
  };
}
