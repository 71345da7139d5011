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
}

/** Puts together what elects the primary, for an engine whose agents do. */
export function electorOf(context: ElectionContext): Elector {
  const { replication, client, namespace, name, member, peers, asker, peer, agent } = context;
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
  });
  member.standing = (status, record) =>
    standing(status, record, {
      elector,
      self,
      addresses: peers.places(),
      wanted: agent().electionFacts.wanted,
    });
  return elector;
}

/** Takes part in elections as long as the process runs. */
export async function takePart(elector: Elector): Promise<never> {
  for (;;) {
    await elector.round();
    await new Promise((resolve) => setTimeout(resolve, ROUND));
  }
}
