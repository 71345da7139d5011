import type { Ordinal } from "../types";
import { majority } from "../views";
import { candidacy } from "./candidacy";
import { ELECTION } from "./durations";
import type { StoredLease } from "./lease";
import { contains } from "./position";
import { reign } from "./reign";
import type { ReplicationState } from "./replication";
import { none, type Step } from "./step";
import { type ElectionWorld, electorate, suspects } from "./world";

/** What this member does next about the primary. Pure. */
export function decideElection(world: ElectionWorld): Step {
  const { server, lease, self } = world;
  if (server?.as === "primary") return reign(world, server);
  if (!lease) return none("the lease is not known");
  if (lease.holder === self) return own(world, lease);
  if (!server) return none("the server does not answer");
  if (!world.member) return none("it is no member of the cluster");
  if (self >= electorate(world)) return outside(server);
  return lease.holder === undefined || suspects(world)
    ? elect(world, lease, server)
    : follow(world, lease, lease.holder, server);
}

/** Whether it promises the primary of a term, who asks, to vote for nobody for a while. */
export function promises(world: ElectionWorld, asking: Ordinal, term: number): boolean {
  const { server, told, addresses, vote } = world;
  if (server?.as !== "following" || vote !== undefined) return false;
  const its = server.follows !== undefined && server.follows === addresses.get(asking) && told === term;
  return its && (server.link !== "down" || (server.linkDownFor ?? 0) < ELECTION.link);
}

/** It holds the lease, and its server takes no writes. */
function own(world: ElectionWorld, lease: StoredLease): Step {
  const { server, ended, fit, tookWith, resigned } = world;
  if (!server)
    return ended ? { kind: "release", why: "its server has ended" } : none("the server does not answer");
  if (server.as !== "detached") return { kind: "detach", why: "it was elected" };
  const { position } = server;
  const unwritten = position !== undefined && position.term < lease.term && resigned < lease.term;
  // What it was elected with is there still. A server without data is not known by it: it may have led in this term, and lost all.
  const same =
    lease.position !== undefined &&
    (!world.volatile || lease.position.term > 0) &&
    position?.offset !== undefined &&
    contains(position, lease.position);
  if (unwritten && (same || tookWith === server.run) && fit)
    return { kind: "promote", term: lease.term, size: electorate(world) };
  return { kind: "release", why: "its server is not what it was when it was elected" };
}

/** It is none of those that elect: not yet, or no more. */
function outside(server: ReplicationState): Step {
  const why = "the primary has not made the set so large, or makes it smaller";
  return server.as === "detached" ? none(why) : { kind: "detach", why };
}

/** The holder leads, or may come to. */
function follow(world: ElectionWorld, lease: StoredLease, holder: Ordinal, server: ReplicationState): Step {
  const { addresses, votedFor, told, ballots, askedFor } = world;
  const ballot = ballots.find(({ ordinal }) => ordinal === holder);
  const leads =
    askedFor < ELECTION.link ||
    (ballot?.as === "primary" && ballot.of === lease.term && ballot.age < ELECTION.link);
  const address = addresses.get(holder);
  if (address === undefined) return none(`member ${holder} is not found`);
  if (server.as === "following" && server.follows === address && told === lease.term) return none("follows");
  if (!leads) return none(`member ${holder} was elected, and does not lead yet`);
  if (votedFor === lease.version) return { kind: "touch" };
  return { kind: "follow", ordinal: holder, term: lease.term };
}

function elect(world: ElectionWorld, lease: StoredLease, server: ReplicationState): Step {
  const size = electorate(world);
  const suspecting = world.ballots.filter(
    ({ suspects, ordinal, age }) => suspects === lease.version && ordinal < size && age < ELECTION.link,
  );
  const enough = suspecting.length + 1 >= majority(size);
  if (server.as !== "detached") {
    // Alone it would only cut itself off.
    if (lease.holder !== undefined && !enough)
      return none(`lost sight of member ${lease.holder}, and is alone with that`);
    return { kind: "detach", why: "there is no primary" };
  }
  const next = candidacy(world, lease);
  if (!next.able) return none(next.why);
  const { term, position, why, after } = next;
  if (world.ableFor < after) return none("lets others go first");
  return { kind: "take", term, position, why };
}
