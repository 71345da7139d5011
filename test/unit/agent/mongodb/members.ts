import * as assert from "node:assert/strict";
import { Absences } from "../../../../agent/core/absences";
import { Actions } from "../../../../agent/core/actions";
import { Agent } from "../../../../agent/core/agent";
import type { Log } from "../../../../agent/core/log";
import { Member } from "../../../../agent/core/member";
import { type Notice, Notices } from "../../../../agent/core/notices";
import { Peers } from "../../../../agent/core/peers";
import { Publisher } from "../../../../agent/core/publish";
import { Tally } from "../../../../agent/core/tally";
import type { Ordinal, Report } from "../../../../agent/core/types";
import { VoidedChoice } from "../../../../agent/core/voided";
import { ServerNetwork } from "../../../fakes/mongodb/network";
import type { Environment } from "../../../fakes/mongodb/state";
import { randomOf, VirtualTime } from "../election/time";
import { FakeApi, FakeNetwork, unreachable } from "../fake-api";
import { timings } from "../fixtures";
import { engineOf, type Rules, type Surroundings } from "./member-engine";
import { Pod } from "./pod";

/** Between two rounds of an agent, ms. */
const ROUND = 500;

/** Real agents around servers that keep MongoDB's rules, on a network and an API server that fail. */
export class Members implements Surroundings {
  readonly time = new VirtualTime();
  readonly random: () => number;
  readonly servers: ServerNetwork;
  readonly pods: Pod[];
  readonly agents: Agent[] = [];
  readonly network = new FakeNetwork();
  readonly api = new FakeApi(this.network);
  readonly said: string[] = [];
  /** How many the set is to have. */
  replicas: number;
  holdsFeatures = false;
  /** Whether names lead to pods. */
  named = true;
  private readonly noticesOf: Notices[] = [];

  constructor(
    readonly size: number,
    seed: number,
    readonly rules: Rules = {},
    options: Partial<Environment> = {},
  ) {
    this.random = randomOf(seed);
    this.replicas = size;
    this.servers = new ServerNetwork(size, this.time, this.random, { copyTime: 400, ...options });
    this.pods = this.servers.servers.map((server) => new Pod(server));
    this.heal();
    for (const ordinal of this.pods.keys()) this.startAgent(ordinal);
    this.supervise();
  }

  pod(ordinal: Ordinal): Pod {
    const pod = this.pods[ordinal];
    assert.ok(pod);
    return pod;
  }

  /** A new process of an agent: it remembers nothing but what is on the disk. */
  startAgent(ordinal: Ordinal): void {
    const pod = this.pod(ordinal);
    const generation = ++pod.generation;
    const { api, network } = this;
    const clock = (): number => this.time.now;
    const notices = (this.noticesOf[ordinal] = new Notices());
    const engine = engineOf(this, ordinal, pod, notices);
    const member = new Member("ns/db", ordinal, `10.0.0.${ordinal}`, engine, pod, pod.record);
    const peer = (other: Ordinal): { ordinal: Ordinal; host: string } => ({
      ordinal: other,
      host: `m-${other}`,
    });
    const markers = api.markersFor(ordinal);
    const voided = new VoidedChoice(notices, () => undefined, clock);
    const agent = new Agent({
      member,
      actions: new Actions(
        member,
        markers,
        peer,
        () => "c",
        async () => api.publishedEpoch(),
        () => undefined,
      ),
      peers: new Peers(
        "ns/db",
        async (address) => {
          const other = Number(/\d+$/.exec(address)?.[0]);
          const report = this.agents[other]?.report;
          if (!report || !network.reaches(ordinal, other)) throw unreachable;
          return structuredClone(report);
        },
        async (other) => `10.0.0.${other.ordinal}`,
        clock,
      ),
      others: (replicas) => [...Array(replicas).keys()].filter((other) => other !== ordinal).map(peer),
      markers,
      publisher: new Publisher({
        directory: api.directoryFor(ordinal),
        markers,
        stillPrimary: async () => (await engine.probe()).role === "primary",
        clock,
        topology: engine.topology,
        volumeLimits: engine.limits.volume,
        notices,
        voided: (choice) => {
          voided.say(choice);
        },
      }),
      absences: new Absences(async (other) => api.isAbsent(ordinal, other), clock),
      voided,
      notices,
      hasPod: async () => true,
      stopPatience: 0,
      replicas: async () => {
        if (!network.api.has(ordinal)) throw unreachable;
        return this.replicas;
      },
      timings,
      tally: new Tally(),
      log: this.log(ordinal),
      clock,
      pause: async (duration) => this.time.sleep(duration),
    });
    this.agents[ordinal] = agent;
    const again = (): void => {
      this.time.after(ROUND * (0.7 + this.random() * 0.6), () => {
        if (pod.generation !== generation) return;
        void agent.tick().then(again, again);
      });
    };
    again();
  }

  log(ordinal: Ordinal): Log {
    return (_, what, details = {}) => {
      this.said.push(`${Math.round(this.time.now)} ${ordinal}: ${what} ${JSON.stringify(details)}`);
    };
  }

  notices(ordinal: Ordinal): Notice[] {
    return this.noticesOf[ordinal]?.list() ?? [];
  }

  /** What members tell one. */
  told(ordinal: Ordinal): Report[] {
    return this.agents.flatMap((agent, other) =>
      this.network.reaches(ordinal, other) ? (agent.report ?? []) : [],
    );
  }

  private supervise(): void {
    for (const pod of this.pods) pod.supervise();
    this.time.after(200, () => {
      this.supervise();
    });
  }

  heal(): void {
    const all = [...this.pods.keys()];
    this.network.parts = [all];
    this.network.api = new Set(all);
    this.servers.heal();
  }
}
