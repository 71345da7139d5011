import { isExclusive } from "../../components/protocol/topology";
import type { Ordinal, Report } from "../core/types";
import { ordinalOf } from "./look";
import { type Document, documentsIn, numberIn, textIn } from "./wire";

/** Who is to come into the set's configuration, or to leave it; one at a time. */
export interface Change {
  kind: "add" | "remove";
  ordinal: Ordinal;
  why: string;
}

/** What a change is decided from. */
export interface ChangeContext {
  self: Ordinal;
  /** Who is in the configuration. */
  listed: readonly Ordinal[];
  /** The size of the set; `undefined` while it is not known. */
  replicas: number | undefined;
  /** The primary's own. */
  own: Report;
  /** The other members that answered just now. */
  peers: readonly Report[];
}

/**
 * What the primary changes next of who is in the set; nothing where it is as it is to be.
 *
 * A member whose disk is empty is taken out before its server may start. In the configuration it would have a vote, and knows
 * neither what it voted before nor what a majority acknowledged: with its vote, one that lacks acknowledged writes could be
 * elected. Who is added has none until it has all data; the server sees to that since 5.0.
 * https://www.mongodb.com/docs/manual/reference/method/rs.add/#behavior
 */
export function nextChange(context: ChangeContext): Change | undefined {
  return emptied(context) ?? beyondSize(context) ?? joining(context);
}

function emptied({ listed, peers }: ChangeContext): Change | undefined {
  const lost = peers.find(
    ({ ordinal, status }) =>
      listed.includes(ordinal) && status.data !== "data" && status.process === "stopped",
  );
  return (
    lost && {
      kind: "remove",
      ordinal: lost.ordinal,
      why: "its disk is empty: it has no vote until it has all data",
    }
  );
}

/** The last first, before its pod goes: a vote of somebody who never comes back would count for good. */
function beyondSize({ listed, replicas, self }: ChangeContext): Change | undefined {
  if (replicas === undefined || replicas < 1) return undefined;
  const beyond = listed.filter((ordinal) => ordinal >= replicas && ordinal !== self);
  const last = Math.max(...beyond);
  return beyond.length === 0
    ? undefined
    : { kind: "remove", ordinal: last, why: `the set is to have ${replicas} members` };
}

/** One after the other, the lowest first: each copies all data from another one. */
function joining({ listed, replicas, own, peers }: ChangeContext): Change | undefined {
  if (replicas === undefined) return undefined;
  const copying = peers.some(
    ({ ordinal, status }) => listed.includes(ordinal) && status.member === "joining",
  );
  if (copying) return undefined;
  const cluster = own.record?.cluster;
  const next = peers
    .filter(({ ordinal, status, record, stopping }) => {
      const outside = ordinal < replicas && !listed.includes(ordinal) && !stopping;
      const same = status.data === "fresh" || (cluster !== undefined && record?.cluster === cluster);
      return outside && same && status.process === "running" && status.member === "offline";
    })
    .sort((a, b) => a.ordinal - b.ordinal)[0];
  return next && { kind: "add", ordinal: next.ordinal, why: "its server runs, and is in no set" };
}

/** The members of a configuration, as far as they are pods of this set. */
export function listedIn(config: Document): Ordinal[] {
  return documentsIn(config, "members").flatMap((member) => ordinalOf(textIn(member, "host") ?? "") ?? []);
}

/** The configuration with a change. @param host - who is added, by name and port */
export function changed(config: Document, { kind, ordinal }: Change, host: string): Document {
  const members = documentsIn(config, "members");
  return {
    ...config,
    version: (numberIn(config, "version") ?? 0) + 1,
    members:
      kind === "add"
        ? [...members, { _id: freeId(members, ordinal), host }]
        : members.filter((member) => ordinalOf(textIn(member, "host") ?? "") !== ordinal),
  };
}

/** The same for one that goes on alone. @param host - its own, by name and port */
export function aloneIn(config: Document, self: Ordinal, host: string): Document {
  const all = documentsIn(config, "members");
  const own = all.filter((member) => textIn(member, "host") === host);
  const members = own.length > 0 ? own : [{ _id: freeId(all, self), host }];
  return { ...config, version: (numberIn(config, "version") ?? 0) + 1, members };
}

/** Its ordinal, unless somebody else has that. */
function freeId(members: readonly Document[], ordinal: Ordinal): number {
  const taken = members.map((member) => numberIn(member, "_id") ?? -1);
  return taken.includes(ordinal) ? Math.max(...taken) + 1 : ordinal;
}

/** Whether a majority of the set says that it does not count a member: what one says may not be settled yet. */
export function isUncounted(self: Ordinal, peers: readonly Report[]): boolean {
  const online = peers.filter(({ status }) => status.member === "online");
  const primary = online.find(({ status }) => isExclusive(status.role));
  const size = primary?.status.view?.members.length;
  if (size === undefined) return false;
  const counts = ({ status: { view } }: Report): boolean => view?.members.includes(self) !== false;
  if (online.some(counts)) return false;
  return online.length * 2 > size;
}
