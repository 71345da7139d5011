import { ROLES } from "../../components/protocol/topology";
import { MOST_USERS } from "../../components/protocol/users";
import {
  countUpTo,
  flag,
  ifReadable,
  listOf,
  mapOf,
  objectOf,
  oneOf,
  optional,
  proseUpTo,
  textUpTo,
  type Reader,
} from "./read";
import type {
  Behind,
  EngineStatus,
  Following,
  Hung,
  KeyPrints,
  MemberRecord,
  Refusal,
  Report,
  Standing,
  View,
} from "./types";

/** More members than any set has. */
const MEMBERS = 100;

/** Of one server, those of former passwords among them. */
const KEYS = 10;

/** Most keyspaces that one tells of. */
const KEYSPACES = 20;

/** Longest texts, in characters: names, a line for people, and what an engine writes in its own notation. */
const [NAME, LINE, NOTATION] = [300, 4_000, 1_000_000];

const ordinal = countUpTo(MEMBERS - 1);
const count = countUpTo(Number.MAX_SAFE_INTEGER);
const ordinals = listOf(ordinal, MEMBERS);

const view: Reader<View> = objectOf<View>({
  number: count,
  members: ordinals,
  online: ordinals,
  primary: optional(ordinal),
  election: optional(textUpTo(NOTATION)),
});

const status: Reader<EngineStatus> = objectOf<EngineStatus>({
  process: oneOf("stopped", "starting", "running"),
  data: oneOf("none", "fresh", "data"),
  member: oneOf("offline", "joining", "online", "blocked", "failed"),
  role: oneOf(...ROLES),
  view: optional(view),
  position: optional(textUpTo(NOTATION)),
  admitted: optional(flag),
  full: optional(flag),
  stalled: optional(count),
  failures: optional(count),
  refusal: optional(
    objectOf<Refusal>({ words: proseUpTo(LINE), blames: optional(oneOf("data", "settings")) }),
  ),
  detail: optional(proseUpTo(LINE)),
  hung: optional(
    objectOf<Hung>({ reason: proseUpTo(LINE), patience: count, unless: optional(oneOf("unreplaced")) }),
  ),
  departed: optional(flag),
  lockedOut: optional(flag),
  standing: ifReadable(
    objectOf<Standing>({
      share: countUpTo(100),
      hints: count,
      repaired: optional(count),
      racks: optional(mapOf(textUpTo(NAME), MEMBERS)),
      single: optional(listOf(textUpTo(NAME), KEYSPACES)),
    }),
  ),
  following: ifReadable(
    objectOf<Following>({
      source: textUpTo(NAME),
      streaming: flag,
      trouble: optional(proseUpTo(LINE)),
      behind: ifReadable(
        objectOf<Behind>({ amount: count, unit: oneOf("transactions", "bytes", "seconds"), seconds: count }),
      ),
    }),
  ),
  fenced: optional(textUpTo(NAME)),
  detached: ifReadable(textUpTo(NAME)),
  outside: ifReadable(ordinals),
  keys: ifReadable(objectOf<KeyPrints>({ believed: listOf(textUpTo(NAME), KEYS), dueFor: optional(count) })),
});

const record: Reader<MemberRecord> = objectOf<MemberRecord>({
  cluster: optional(textUpTo(NAME)),
  stage: oneOf("fresh", "cloning", "member"),
  epoch: count,
  view: optional(view),
  left: optional(flag),
  unconfirmed: optional(count),
  initial: ifReadable(oneOf("begun", "done", "none")),
  departed: optional(flag),
  follows: optional(oneOf("source", "promoted")),
  replicas: optional(countUpTo(MEMBERS)),
});

const report: Reader<Report> = objectOf<Report>({
  set: textUpTo(NAME),
  ordinal,
  address: textUpTo(NAME),
  status,
  record: optional(record),
  lag: optional(proseUpTo(NAME)),
  // For who looks from outside: no member goes by it, and another version's words for it must not cost an answer.
  behind: () => undefined,
  login: optional(textUpTo(NAME)),
  users: optional(mapOf(textUpTo(NAME), MOST_USERS)),
  free: optional(count),
  vacancy: optional(textUpTo(NAME)),
  repaired: optional(listOf(textUpTo(NAME), MEMBERS)),
  activity: oneOf("idle", "founding", "joining", "cloning", "leaving", "starting"),
  stopping: flag,
});

/**
 * Reads a report that came from elsewhere. Another version's agent may have written it: fields that are not known here
 * are left out. A word that is not known cannot be judged, and then nothing of the report can: it counts as no answer,
 * which every decision waits on or leaves alone.
 *
 * @param isPosition - whether a position is one of the engine's; one that is not is left out: it is not known then.
 * @throws Error that names the field.
 */
export function readReport(value: unknown, isPosition: (text: string) => boolean): Report {
  const read = report(value, "");
  const { position, ...rest } = read.status;
  return position === undefined || isPosition(position) ? read : { ...read, status: rest };
}
