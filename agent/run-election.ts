import { leasePath, PrimaryLease } from "./kube/primary-lease";
import type { Agent } from "./core/agent";
import type { Asker } from "./core/ask";
import { monotonic } from "./core/clock";
import { Elector } from "./core/election/elector";
import { standing } from "./core/election/standing";
import type { Replication } from "./core/election/replication";
import type { Peer } from "./core/engine";
import { jsonLog } from "./core/log";
import type { Member } from "./core/member";
import { Pause } from "./core/pause";
import type { Peers } from "./core/peers";
import type { KubeClient } from "./kube/client";

/** Between two rounds of an election, ms. */
const ROUND = 250;

/** What an elector is put together from. */
export interface ElectionContext {
  replication: Replication;
  client: KubeClient;
  namespace: string;
  /** The StatefulSet's name. */
  name: string;
  member: Member;
  peers: Peers;
  asker: Asker;
  peer: (ordinal: number) => Peer;
  agent: () => Agent;
  /** Told when its server has come to be the primary, or has ceased to. */
  changed: () => void;
}

/** What takes part in elections. */
export interface Electing {
  elector: Elector;
  /** Before each round. */
  pause: Pause;
}

/** Puts together what elects the primary, for an engine whose agents do. */
export function electorOf(context: ElectionContext): Electing {
  const { replication, client, namespace, name, member, peers, asker, peer, agent, changed } = context;
  const pause = new Pause();
  const self = member.ordinal;
  const elector = new Elector({
    self,
    replication,
    leases: new PrimaryLease(client, leasePath(namespace, name), name),
    ask: (other, term) => asker.ballot(other.ordinal, other.address, term),
    others: () => [...peers.places()].map(([ordinal, address]) => ({ ...peer(ordinal), address })),
    facts: () => agent().electionFacts,
    clock: monotonic,
    log: jsonLog,
    hurry: () => {
      pause.cut();
    },
    changed,
  });
  member.standing = (status, record) =>
    standing(status, record, {
      elector,
      self,
      addresses: peers.places(),
      wanted: agent().electionFacts.wanted,
    });
  return { elector, pause };
}

/** Takes part in elections as long as the process runs. */
export async function takePart({ elector, pause }: Electing): Promise<never> {
  for (;;) {
    await elector.round();
    await pause.wait(ROUND);
  }
}
