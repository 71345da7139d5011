import { createHmac } from "node:crypto";
import { REPLICATION_USER } from "../../components/protocol/accounts";
import { REDIS_TLS_PORT } from "../../components/redis/protocol";
import type { Reached } from "../core/engine";
import { NOTHING, type Replication, type ReplicationState } from "../core/election/replication";
import type { SharedSecret } from "../core/shared-secret";
import type { Accounts } from "./accounts";
import type { LocalServer } from "./connection";
import { factsFrom, type ServerFacts } from "./info";
import { type Mark, markFrom, READ_MARK, writeMark } from "./mark";
import { ReplyError } from "./resp";
import { NOBODY } from "./settings";

/** For how long a replica still comes with the password before the present one, ms: until the others have that too. */
const SHOWN_FORMER_FOR = 120_000;

/**
 * How long a change may take, ms, of which its first look may take a third: less than the core waits for it. What was not done by
 * then is never done: see `Connection.open`.
 */
const CHANGE_WITHIN = 4_500;
const LOOK_WITHIN = 1_500;

/** The parts of `INFO` that are looked at. */
const SECTIONS = ["server", "replication", "persistence"];

/** What the server answered at one look. */
export interface Look {
  facts: ServerFacts;
  mark?: Mark;
}

/** What the local server's replication is done with. */
export interface ReplicationParts {
  server: LocalServer;
  accounts: Accounts;
  /** `<namespace>/<name>` of the set. */
  set: string;
  secret: SharedSecret;
  /** See {@link Replication}. */
  unsureAfter?: number;
  /** See {@link Replication}. @default false */
  volatile?: boolean;
}

/**
 * Who follows whom, as the agents decide it. A server starts detached, and leads or follows nobody by itself. Each term has a
 * password of its own, so that a replica which is told of one term can follow that one's primary and no other: a server that
 * comes back empty, or late, is not copied from.
 */
export class ServerReplication implements Replication {
  readonly unsureAfter?: number;
  readonly volatile: boolean;

  constructor(private readonly parts: ReplicationParts) {
    this.volatile = parts.volatile === true;
    if (parts.unsureAfter !== undefined) this.unsureAfter = parts.unsureAfter;
  }

  /** Looks at the server; rejects when that does not answer. */
  async look(within?: number): Promise<Look> {
    const questions = [["INFO", ...SECTIONS], READ_MARK];
    const [info = null, library = null] = await this.parts.server.askEach(questions, within);
    if (info instanceof ReplyError) throw info;
    const facts = factsFrom(String(info));
    const mark = markFrom(library);
    return { facts, ...(mark ? { mark } : {}) };
  }

  async state(): Promise<ReplicationState> {
    const look = await this.look();
    const state = stateFrom(look);
    const hasNothing = look.mark === undefined && look.facts.copying === undefined && !look.facts.primary;
    return this.volatile && hasNothing && look.facts.loading === undefined
      ? { ...state, position: NOTHING }
      : state;
  }

  /**
   * Clients of a former primary are cut: the server would leave them with refusals for ever. Those of a replica go on
   * reading.
   */
  async detach(): Promise<void> {
    const { facts } = await this.look(LOOK_WITHIN);
    await this.change([
      ["REPLICAOF", ...NOBODY],
      ["ACL", "SETUSER", REPLICATION_USER, "off"],
      ["CLIENT", "KILL", "TYPE", "replica"],
      ...(facts.primary
        ? [
            ["CLIENT", "UNPAUSE"],
            ["CLIENT", "KILL", "TYPE", "normal"],
            ["CLIENT", "KILL", "TYPE", "pubsub"],
          ]
        : []),
    ]);
  }

  /** Makes the data that is here, empty or not, one that can be led: it gets a mark of the time before every term. */
  async found(): Promise<void> {
    const { mark } = await this.look(LOOK_WITHIN);
    if (mark !== undefined) return;
    await this.change([
      ["CONFIG", "SET", "min-replicas-to-write", "0"],
      ["REPLICAOF", "NO", "ONE"],
      writeMark({ term: 0, offset: 0 }),
      ["REPLICAOF", ...NOBODY],
    ]);
  }

  async follow(primary: Reached, term: number): Promise<void> {
    const password = this.passwordOf(term, await this.parts.secret.shown(SHOWN_FORMER_FOR));
    const { facts } = await this.look(LOOK_WITHIN);
    const same = facts.follows?.address === primary.address && facts.follows.port === REDIS_TLS_PORT;
    await this.change([
      ["CONFIG", "SET", "masteruser", REPLICATION_USER, "masterauth", password],
      ...(same ? [] : [["REPLICAOF", primary.address, String(REDIS_TLS_PORT)]]),
    ]);
  }

  async promote(term: number, size: number): Promise<void> {
    const { accounts } = this.parts;
    const admission = [...(await this.admission(term)), ...(await accounts.admission())];
    const { facts, mark } = await this.look(LOOK_WITHIN);
    if (facts.primary && mark?.term === term) return;
    await this.change([
      // The first write is the mark, and none is taken while too few follow.
      ["CONFIG", "SET", "min-replicas-to-write", "0"],
      ["REPLICAOF", "NO", "ONE"],
      writeMark({ term, offset: facts.place?.offset ?? 0 }),
      ["CONFIG", "SET", "min-replicas-to-write", String(minReplicas(size))],
      ...admission,
    ]);
  }

  async mark(term: number): Promise<void> {
    // A changed Secret: replicas come with either.
    const admission = await this.admission(term);
    const { facts, mark } = await this.look(LOOK_WITHIN);
    if (!facts.primary || mark?.term !== term) throw new Error(`it is not the primary of term ${term}`);
    const requests = [writeMark({ term, offset: facts.place?.offset ?? 0 }), ...admission];
    for (const answer of await this.parts.server.askEach(requests, CHANGE_WITHIN - LOOK_WITHIN)) {
      // While too few follow nothing is written, by anybody.
      if (answer instanceof ReplyError && answer.code !== "NOREPLICAS") throw answer;
    }
  }

  async freeze(within: number): Promise<void> {
    await this.change([["CLIENT", ...(within > 0 ? ["PAUSE", String(within), "WRITE"] : ["UNPAUSE"])]]);
  }

  async resize(size: number): Promise<void> {
    await this.change([["CONFIG", "SET", "min-replicas-to-write", String(minReplicas(size))]]);
  }

  private async change(requests: string[][]): Promise<void> {
    await this.parts.server.ask(requests, CHANGE_WITHIN - LOOK_WITHIN);
  }

  /** Lets those follow who are told of the term. */
  private async admission(term: number): Promise<string[][]> {
    const secrets = await this.parts.secret.values();
    const passwords = secrets.map((secret) => `>${this.passwordOf(term, secret)}`);
    return [
      ["ACL", "SETUSER", REPLICATION_USER, "reset", "on", ...passwords, "+psync", "+replconf", "+ping"],
    ];
  }

  private passwordOf(term: number, secret: string): string {
    return createHmac("sha256", secret).update(`${this.parts.set} term ${term}`).digest("hex");
  }
}

/** How many replicas must follow a primary for it to take writes: a majority with itself. */
export function minReplicas(size: number): number {
  return Math.floor(size / 2);
}

/** What a look says of the server's part in its cluster. */
export function stateFrom({ facts, mark }: Look): ReplicationState {
  const { primary, follows, linked, copying, unlinkedFor, place } = facts;
  const detached = !primary && isNobody(follows);
  const link = linked ? "up" : copying || facts.loading !== undefined ? "copying" : "down";
  return {
    as: primary ? "primary" : detached ? "detached" : "following",
    ...(primary || detached || follows === undefined ? {} : { follows: follows.address, link }),
    ...(unlinkedFor === undefined || detached ? {} : { linkDownFor: unlinkedFor * 1_000 }),
    ...(mark === undefined || copying
      ? {}
      : {
          position: {
            term: mark.term,
            mark: mark.offset,
            ...(place === undefined ? {} : { offset: place.offset }),
          },
        }),
    run: facts.run,
    ...(primary ? { followers: facts.followers.map(({ address, offset }) => ({ address, offset })) } : {}),
  };
}

function isNobody(follows: ServerFacts["follows"]): boolean {
  const [address, port] = NOBODY;
  return follows === undefined || (follows.address === address && String(follows.port) === port);
}
