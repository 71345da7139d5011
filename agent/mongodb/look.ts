import { Timestamp } from "bson";
import type { Ordinal } from "../core/types";
import { CODES, type Commands, Refused } from "./connection";
import type { OplogTime } from "./position";
import { type Document, documentIn, documentsIn, numberIn, textIn } from "./wire";

/** States of members. https://www.mongodb.com/docs/manual/reference/replica-states/ */
export const STATES = {
  startup: 0,
  primary: 1,
  secondary: 2,
  recovering: 3,
  startup2: 5,
  rollback: 9,
} as const;

/** A member as the local server sees it. */
export interface SeenMember {
  ordinal: Ordinal;
  /** One of `STATES`; where the member is not reached, none of them. */
  state: number;
}

/** What a server says of its part in the set. */
export interface SetLook {
  state: number;
  /** It is the primary, and takes writes. */
  writable: boolean;
  /** Counts elections. */
  term: number;
  members: SeenMember[];
  /** How many must be there for one to be the primary. */
  majority: number;
  /** How far its data goes, and who wrote that last. */
  at: OplogTime & { term: number };
  /** What it is doing, in its own words. */
  says?: string;
}

/** `none`: it has never heard of a set. `outside`: the set that it knows does not have it. */
export type Look = SetLook | "none" | "outside";

/** Asks a server. @throws what `run` throws */
export async function lookAt(server: Commands): Promise<Look> {
  let status: Document;
  try {
    status = await server.run({ replSetGetStatus: 1 });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.code === CODES.notYetInitialized) return "none";
    if (error.code === CODES.invalidConfig) return "outside";
    throw error;
  }
  const greeting = await server.run({ hello: 1 });
  return lookFrom(status, greeting["isWritablePrimary"] === true);
}

function lookFrom(status: Document, writable: boolean): SetLook {
  const members = documentsIn(status, "members");
  const own = members.find((member) => member["self"] === true);
  const applied = documentIn(documentIn(status, "optimes"), "appliedOpTime");
  const says = own && (textIn(own, "infoMessage") || textIn(own, "lastHeartbeatMessage"));
  return {
    state: numberIn(status, "myState") ?? STATES.startup,
    writable,
    term: numberIn(status, "term") ?? 0,
    members: members.flatMap((member) => {
      const ordinal = ordinalOf(textIn(member, "name") ?? "");
      const reached = numberIn(member, "health") === 1;
      const state = reached ? (numberIn(member, "state") ?? STATES.startup) : -1;
      return ordinal === undefined ? [] : [{ ordinal, state }];
    }),
    majority: numberIn(status, "majorityVoteCount") ?? 1,
    at: { ...timeIn(applied["ts"]), term: numberIn(applied, "t") ?? -1 },
    ...(says ? { says } : {}),
  };
}

/** A member by its name in the set's configuration, `<pod>.<domain>:<port>`; `undefined` for who is none of the pods. */
export function ordinalOf(host: string): Ordinal | undefined {
  const digits = /^[^.:]*-(\d{1,3})[.:]/.exec(host)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A field that holds a moment of the oplog; the beginning of all where it does not. */
export function timeIn(value: unknown): OplogTime {
  return value instanceof Timestamp ? { seconds: value.t, increment: value.i } : { seconds: 0, increment: 0 };
}

/** Where the local oplog begins; `undefined` where there is none. */
export async function oplogStart(server: Commands): Promise<OplogTime | undefined> {
  const found = await server.run({
    find: "oplog.rs",
    $db: "local",
    sort: { $natural: 1 },
    limit: 1,
    projection: { ts: 1 },
    singleBatch: true,
    $readPreference: { mode: "primaryPreferred" },
  });
  const [first] = documentsIn(documentIn(found, "cursor"), "firstBatch");
  return first === undefined ? undefined : timeIn(first["ts"]);
}
