import { type Answer, type Protocol, ReplyError, type Value } from "./resp";

/** Where a member takes clients. */
export interface Place {
  ordinal: number;
  address: string;
}

/** The members that clients may be led to, as this member knows them. */
export interface Members {
  /** Nobody, while there is none that is known to be it. */
  primary?: Place;
  replicas: readonly Place[];
  /** All that would answer the same questions, this member aside. */
  others: readonly Place[];
}

/** What the answers depend on beside the members. */
export interface DiscoverySettings {
  /** By what a client may call the primary's set. */
  names: readonly string[];
  /** The port that is told. */
  port: number;
  /** The port that this is asked on. */
  askedOn: number;
  /** How many members agree on a primary. */
  quorum: number;
}

/** Of clients that are told of a new primary. */
export const SWITCHED = "+switch-master";

/** A client's connection. */
export class Session {
  protocol: Protocol = 2;
  readonly channels = new Set<string>();
  readonly patterns = new Set<string>();

  /** What it is told when the primary is another one. */
  told(message: string): Answer[] {
    const direct = this.channels.has(SWITCHED) ? [{ push: ["message", SWITCHED, message] }] : [];
    const matched = [...this.patterns].filter((pattern) => matches(pattern, SWITCHED));
    return [...direct, ...matched.map((pattern) => ({ push: ["pmessage", pattern, SWITCHED, message] }))];
  }

  get subscriptions(): number {
    return this.channels.size + this.patterns.size;
  }
}

/**
 * Answers what clients ask a Sentinel for: where the primary and its replicas are. It changes nothing; who is the primary
 * is decided elsewhere. https://valkey.io/topics/sentinel/
 */
export function answersTo(
  session: Session,
  request: Value,
  members: Members,
  settings: DiscoverySettings,
): Answer[] {
  if (!isRequest(request)) return [new ReplyError("ERR a request is a list of texts")];
  const [command = "", ...words] = request;
  switch (command.toLowerCase()) {
    case "ping":
      return [session.subscriptions > 0 && session.protocol === 2 ? ["pong", words[0] ?? ""] : pong(words)];
    case "hello":
      return [hello(session, words)];
    case "auth":
      // Some clients send here what they have for the servers. Nothing is to be had by it.
      return [{ word: "OK" }];
    case "client":
      return [words[0]?.toLowerCase() === "id" ? 1 : { word: "OK" }];
    case "quit":
      return [{ word: "OK" }];
    case "role":
      return [["sentinel", [...settings.names]]];
    case "info":
      return [infoText(members, settings)];
    case "command":
      return [[]];
    case "subscribe":
    case "psubscribe":
    case "unsubscribe":
    case "punsubscribe":
      return subscribe(session, command.toLowerCase(), words);
    case "sentinel":
      return [sentinel(words, members, settings)];
    default:
      return [
        new ReplyError(`ERR unknown command '${command.slice(0, 64)}': members are found here, and no data`),
      ];
  }
}

function isRequest(value: Value): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string");
}

function pong([message]: readonly string[]): Answer {
  return message ?? { word: "PONG" };
}

function hello(session: Session, [version]: readonly string[]): Answer {
  if (version !== undefined && version !== "2" && version !== "3") {
    return new ReplyError("NOPROTO unsupported protocol version");
  }
  if (version !== undefined) session.protocol = version === "3" ? 3 : 2;
  return {
    pairs: [
      ["server", "redis"],
      ["version", "8.0.0"],
      ["proto", session.protocol],
      ["id", 1],
      ["mode", "sentinel"],
      ["modules", []],
    ],
  };
}

function subscribe(session: Session, command: string, words: readonly string[]): Answer[] {
  const held = command.startsWith("p") ? session.patterns : session.channels;
  const ends = command.includes("unsub");
  const names: readonly (string | null)[] = words.length > 0 ? words : ends ? [...held] : [];
  return (names.length > 0 ? names : [null]).map((name) => {
    if (name !== null) {
      if (ends) held.delete(name);
      else if (held.size < 16) held.add(name);
    }
    return { push: [command, name, session.subscriptions] };
  });
}

function sentinel(
  [subcommand = "", name, ...rest]: readonly string[],
  members: Members,
  settings: DiscoverySettings,
): Answer {
  const asked = subcommand.toLowerCase();
  // Some clients look for their name among all.
  if (asked === "masters" || asked === "primaries") {
    return settings.names.map((one) => primaryPairs(one, members, settings));
  }
  if (asked === "myid") return idOf("discovery");
  const named = name !== undefined && settings.names.includes(name);
  switch (asked) {
    case "get-master-addr-by-name":
    case "get-primary-addr-by-name":
      return named && members.primary ? [members.primary.address, String(settings.port)] : null;
    case "master":
    case "primary":
      return named ? primaryPairs(name, members, settings) : NO_SUCH;
    case "replicas":
    case "slaves":
      return named ? members.replicas.map((place) => replicaPairs(place, members, settings)) : NO_SUCH;
    case "sentinels":
      return named ? members.others.map((place) => otherPairs(place, settings)) : NO_SUCH;
    case "ckquorum":
      return named && members.primary
        ? { word: `OK ${members.others.length + 1} usable Sentinels` }
        : new ReplyError("NOQUORUM nobody is known to be the primary");
    case "is-master-down-by-addr":
      return [0, "*", 0];
    default: {
      const words = [subcommand, ...(name === undefined ? [] : [name]), ...rest].join(" ").slice(0, 64);
      return new ReplyError(
        `ERR '${words}' is not done here: the members' agents elect, and nobody is told what to do`,
      );
    }
  }
}

const NO_SUCH = new ReplyError("ERR No such master with that name");

function primaryPairs(
  name: string,
  { primary, replicas, others }: Members,
  settings: DiscoverySettings,
): Answer {
  return {
    pairs: [
      ["name", name],
      ["ip", primary?.address ?? ""],
      ["port", String(settings.port)],
      ["runid", idOf(primary ? `${primary.ordinal} ${primary.address}` : "")],
      ["flags", primary ? "master" : "master,o_down"],
      ["role-reported", "master"],
      ["num-slaves", String(replicas.length)],
      ["num-other-sentinels", String(others.length)],
      ["quorum", String(settings.quorum)],
    ],
  };
}

function replicaPairs(
  { ordinal, address }: Place,
  { primary }: Members,
  { port }: DiscoverySettings,
): Answer {
  return {
    pairs: [
      ["name", `${address}:${port}`],
      ["ip", address],
      ["port", String(port)],
      ["runid", idOf(`${ordinal} ${address}`)],
      ["flags", "slave"],
      ["role-reported", "slave"],
      ["master-link-status", "ok"],
      ["master-host", primary?.address ?? "?"],
      ["master-port", String(port)],
      ["slave-priority", "100"],
    ],
  };
}

function otherPairs({ ordinal, address }: Place, { askedOn }: DiscoverySettings): Answer {
  return {
    pairs: [
      ["name", idOf(`${ordinal}`)],
      ["ip", address],
      ["port", String(askedOn)],
      ["runid", idOf(`${ordinal}`)],
      ["flags", "sentinel"],
    ],
  };
}

function infoText({ primary, replicas, others }: Members, { names, port }: DiscoverySettings): string {
  const status = primary ? "ok" : "odown";
  const address = primary ? `${primary.address}:${port}` : "";
  return [
    "# Sentinel",
    "sentinel_masters:1",
    `master0:name=${names[0] ?? ""},status=${status},address=${address},slaves=${replicas.length},sentinels=${others.length + 1}`,
    "",
  ].join("\r\n");
}

/** Forty digits, as ids of servers have: only told apart, never looked up. */
function idOf(text: string): string {
  return Buffer.from(text).toString("hex").padEnd(40, "0").slice(0, 40);
}

/** What a client is told when the primary is another one: name, then where it was and where it is. */
export function switchMessage(name: string, before: Place | undefined, now: Place, port: number): string {
  return `${name} ${before?.address ?? now.address} ${port} ${now.address} ${port}`;
}

/** Patterns as clients subscribe with: `*` stands for anything, `?` for one character. */
function matches(pattern: string, channel: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${escaped}$`).test(channel);
}
