import { RING } from "../support/topologies";
import type { Engine, ServerStatus } from "../../../agent/core/engine";
import { ahead } from "../../../agent/core/order";
import type { Policy } from "../../../agent/core/policy";
import {
  bootstrapAs,
  foreignDisk,
  membersMissing,
  rightOf,
  serve,
  startAgain,
  whileServerStarts,
  whileStopping,
} from "../../../agent/core/rules";
import type { Ordinal } from "../../../agent/core/types";
import { majority } from "../../../agent/core/views";
import { markerOf, wait, type Action, type World } from "../../../agent/core/world";
import { FakeServer, FakeWorld } from "./fake";
import { unreachable } from "./fake-api";

/** What a ring of equals needs of its agents: who bootstraps it, and that members join one after the other. */
export const ringPolicy: Policy = {
  rules: {
    whileStopping,
    startServer: ({ own: { status } }) =>
      status.process === "stopped" ? startAgain(status.data === "none") : undefined,
    whileServerStarts,
    enrol: (world) => {
      const { own } = world;
      const marker = markerOf(world);
      const { cluster, unconfirmed } = own.record ?? {};
      const outside = cluster === undefined && unconfirmed === undefined;
      return own.status.member === "online" && marker?.phase === "running" && outside
        ? { kind: "enrol" }
        : undefined;
    },
    finishBootstrap: (world) => {
      const marker = markerOf(world);
      return marker?.phase === "founding" && marker.holder === world.self ? { kind: "bootstrap" } : undefined;
    },
    serve,
    needApiServer: ({ marker }) =>
      marker === "unknown" ? wait("ApiServerUnreachable", "the API server cannot be asked") : undefined,
    createRing,
    waitForHolder: (world) => {
      const marker = markerOf(world);
      return marker?.phase === "founding" ? wait("WaitsForHolder", rightOf(marker)) : undefined;
    },
    leaveForeignDisk: (world) => foreignDisk(world.own, markerOf(world)?.cluster),
    waitForTurn: ({ self, own, peers }) => {
      const first = ahead(self, [own, ...peers]);
      return first === undefined ? undefined : wait("WaitsForTurn", `member ${first} joins first`);
    },
    join: ({ self }) => ({
      kind: "step",
      step: "join",
      message: `member ${self} takes its place in the ring`,
    }),
  },
  opensAfterBootstrap: () => true,
  planStop: () => ({ how: "leave" }),
};

function createRing(world: World): Action | undefined {
  const { self, own, peers, replicas } = world;
  if (markerOf(world)) return undefined;
  if (replicas === undefined) return wait("SizeUnknown", "the size of the set is not known yet");
  return membersMissing([...Array(replicas).keys()], [own, ...peers]) ?? bootstrapAs(self, 0);
}

/** Servers of which none leads: a write counts when a majority has it, and they bring one another up to date. */
export class RingWorld extends FakeWorld {
  readonly ring = new Set<Ordinal>();
  /** How often a ring was begun. */
  begun = 0;

  constructor(size: number, seed: number) {
    super(size, seed, (ordinal, world) => new RingServer(ordinal, world as unknown as RingWorld));
  }

  near(ordinal: Ordinal): FakeServer[] {
    const joined = (other: FakeServer): boolean => other.running && this.ring.has(other.ordinal);
    return this.servers.filter((other) => joined(other) && this.network.reaches(ordinal, other.ordinal));
  }

  override consensus(): void {
    for (const server of this.servers) {
      const near = this.near(server.ordinal);
      if (!near.includes(server)) continue;
      const missing = near
        .flatMap(({ data = "" }) => Array.from(data))
        .filter((one) => !server.data?.includes(one));
      server.data = (server.data ?? "") + [...new Set(missing)].join("");
    }
  }

  override giveUp(): void {
    // Nobody is put out of a ring.
  }

  override write(ordinal: Ordinal, letter: string): object | undefined {
    const near = this.near(ordinal);
    if (!this.server(ordinal).admitted || near.length < majority(this.servers.length)) return undefined;
    for (const server of near) server.data = (server.data ?? "") + letter;
    return this.ring;
  }
}

class RingServer extends FakeServer {
  override readonly policy = ringPolicy;
  override readonly topology = RING;
  override readonly membership = undefined;
  override readonly copy = undefined;
  override readonly history = undefined;
  override readonly logs = undefined;
  override readonly switchover = undefined;
  readonly steps: NonNullable<Engine["steps"]> = {
    join: async (members) => {
      const { ring } = this.shared;
      this.shared.fault();
      const seed = members.find(({ ordinal }) => ring.has(ordinal) && this.shared.server(ordinal).running);
      if (!seed || !this.running) throw unreachable;
      ring.add(this.ordinal);
    },
  };

  constructor(
    ordinal: Ordinal,
    private readonly shared: RingWorld,
  ) {
    super(ordinal, shared);
  }

  override async probe(): Promise<ServerStatus> {
    const joined = this.shared.ring.has(this.ordinal) && this.data !== undefined;
    if (!this.running) return { process: "starting", member: "offline", role: "none" };
    const view = { number: 1, members: [...this.shared.ring], online: [...this.shared.ring] };
    const { admitted } = this;
    return joined
      ? { process: "running", member: "online", role: "member", view, admitted }
      : { process: "running", member: "offline", role: "none", admitted };
  }

  override async bootstrap(): Promise<void> {
    this.shared.fault();
    if (!this.running) throw unreachable;
    if (this.shared.ring.size === 0) this.shared.begun++;
    this.shared.ring.add(this.ordinal);
  }

  override async prepareStop(): Promise<void> {
    return Promise.resolve();
  }
}
