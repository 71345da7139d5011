import type { ServerStatus } from "../core/engine";
import type { MemberState, Ordinal, Role, View } from "../core/types";
import { printPosition } from "./position";

/** A row of performance_schema.replication_group_members. */
export interface GroupMember {
  id: string;
  host: string;
  state: string;
  role: string;
}

/** What is read from a server in one go. */
export interface Snapshot {
  serverId: string;
  offlineMode: boolean;
  readOnly: boolean;
  executed: string;
  purged: string;
  received: string;
  members: GroupMember[];
  /** `VIEW_ID`, `<bootstrap>:<number>`; empty outside a group. */
  viewId: string;
}

/** The ordinal in a member's host name, `<set>-<ordinal>.<service>…`; `undefined` if it has none. */
export function ordinalOf(host: string): Ordinal | undefined {
  const match = /^[a-z0-9-]*-(\d+)(?:\.|$)/.exec(host);
  return match ? Number(match[1]) : undefined;
}

/** Puts what Group Replication says into the core's terms. */
export function statusFrom(snapshot: Snapshot): ServerStatus {
  const own = snapshot.members.find((member) => member.id === snapshot.serverId);
  const reachable = snapshot.members.filter((member) => member.state !== "UNREACHABLE");
  const quorum = reachable.length * 2 > snapshot.members.length;
  const member = memberState(own?.state, quorum);
  const view = member === "offline" ? undefined : viewFrom(snapshot);
  return {
    process: "running",
    member,
    role: roleFrom(member, own?.role, snapshot.readOnly),
    ...(view ? { view } : {}),
    position: printPosition(snapshot),
    admitted: !snapshot.offlineMode,
  };
}

function memberState(state: string | undefined, quorum: boolean): MemberState {
  switch (state) {
    case "ONLINE":
      return quorum ? "online" : "blocked";
    case "RECOVERING":
      return quorum ? "joining" : "blocked";
    case "UNREACHABLE":
      return "blocked";
    case "ERROR":
      return "failed";
    default:
      return "offline";
  }
}

/** A primary that has been elected and is still read-only applies what it received: not one yet. */
function roleFrom(member: MemberState, role: string | undefined, readOnly: boolean): Role {
  if (member !== "online") return "none";
  if (role === "PRIMARY") return readOnly ? "none" : "primary";
  return "replica";
}

function viewFrom({ members, viewId }: Snapshot): View | undefined {
  const number = /:(\d+)$/.exec(viewId)?.[1];
  if (number === undefined) return undefined;
  const ordinals = (rows: GroupMember[]): Ordinal[] =>
    rows
      .map((row) => ordinalOf(row.host))
      .filter((ordinal) => ordinal !== undefined)
      .sort((a, b) => a - b);
  const primary = ordinals(members.filter((row) => row.role === "PRIMARY")).at(0);
  return {
    number: Number(number),
    members: ordinals(members),
    online: ordinals(members.filter((row) => row.state === "ONLINE")),
    ...(primary === undefined ? {} : { primary }),
  };
}
