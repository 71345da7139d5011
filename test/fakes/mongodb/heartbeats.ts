import { isNewer, type Config } from "./config";
import type { OpTime } from "./optime";
import type { ReplicaState, StateName } from "./state";
import type { Doc } from "./store";

/** Defaults of the server. https://www.mongodb.com/docs/manual/reference/replica-configuration/#settings */
const HEARTBEAT_EVERY = 2_000;
export const ELECTION_TIMEOUT = 10_000;
/** A heartbeat that takes longer is taken for none. */
const HEARTBEAT_WITHIN = 10_000;

/** What heartbeats lead to. */
export interface HeartbeatEffects {
  /** A newer configuration was told. */
  adopt: (config: Config) => void;
  /** Somebody is in a later term. */
  higherTerm: (term: number) => void;
  /** A primary of the present term lives. */
  primaryAlive: (host: string) => void;
  /** Something of a member has changed. */
  progressed: (host: string) => void;
}

/**
 * Members ask each other how they are, every 2 s: by that they know who is there, in which term, with which configuration.
 * https://www.mongodb.com/docs/manual/core/replica-set-elections/#heartbeats
 */
export class Heartbeats {
  /** Counts beginnings, so that what was scheduled before is not done. */
  private round = 0;

  constructor(
    private readonly state: ReplicaState,
    private readonly effects: HeartbeatEffects,
  ) {}

  /** Begins anew, at once, with everybody in the configuration. */
  restart(): void {
    const round = ++this.round;
    for (const host of this.state.others) this.beat(host, round);
  }

  stop(): void {
    this.round++;
  }

  /** Somebody that may have a newer configuration is asked for it. */
  async ask(host: string): Promise<void> {
    const { state } = this;
    const answer = await state.send(host, this.question(), HEARTBEAT_WITHIN).catch(() => undefined);
    if (!state.alive) return;
    if (answer?.["ok"] !== 1) {
      const before = state.seen.get(host)?.up === true;
      state.learn(host, { up: false });
      if (before) state.changed();
      return;
    }
    this.take(host, answer);
  }

  /** What a member says when it is asked. */
  answer(question: Doc): Doc {
    const { state } = this;
    const {
      from,
      term,
      state: name,
      applied,
      durable,
      configVersion,
      configTerm,
    } = question as {
      from: string;
      term: number;
      state: StateName;
      applied: OpTime;
      durable: OpTime;
      configVersion: number;
      configTerm: number;
    };
    if (question["replSetHeartbeat"] !== state.env.setName) {
      return {
        ok: 0,
        codeName: "InconsistentReplicaSetNames",
        code: 154,
        errmsg: "replica set names do not match",
      };
    }
    const theirs = { version: configVersion, term: configTerm };
    const own = state.config ?? { version: -2, term: -1 };
    if (isNewer(theirs, own)) state.after(0, () => void this.ask(from));
    if (state.others.includes(from)) this.take(from, { state: name, term, applied, durable, config: theirs });
    const ours = this.question();
    return {
      ok: 1,
      state: state.state,
      term: state.term,
      applied: ours["applied"],
      durable: ours["durable"],
      config: { version: own.version, term: own.term },
      ...(state.config && isNewer(state.config, theirs) ? { newer: state.config } : {}),
    };
  }

  private beat(host: string, round: number): void {
    const { state } = this;
    if (round !== this.round || !state.others.includes(host)) return;
    void this.ask(host).then(() => {
      state.after(HEARTBEAT_EVERY, () => {
        this.beat(host, round);
      });
    });
  }

  private question(): Doc {
    const { state } = this;
    const { last, journaled } = state.store;
    return {
      replSetHeartbeat: state.env.setName,
      from: state.host,
      term: state.term,
      state: state.state,
      applied: { ts: last.ts, t: last.t },
      durable: { ts: journaled.ts, t: journaled.t },
      configVersion: state.config?.version ?? -2,
      configTerm: state.config?.term ?? -1,
    };
  }

  private take(host: string, answer: Doc): void {
    const { state, effects } = this;
    const {
      state: name,
      term,
      applied,
      durable,
      config,
      newer,
    } = answer as {
      state: StateName;
      term: number;
      applied: OpTime;
      durable: OpTime;
      config: { version: number; term: number };
      newer?: Config;
    };
    if (newer && isNewer(newer, state.config ?? { version: -2, term: -1 })) effects.adopt(newer);
    const before = state.seen.get(host);
    state.learn(host, { up: true, heard: state.now, state: name, term, applied, durable, config });
    if (before?.up !== true || before.state !== name) state.changed();
    if (term > state.term) effects.higherTerm(term);
    if (name === "PRIMARY" && term === state.term && state.isMember) effects.primaryAlive(host);
    effects.progressed(host);
  }
}
