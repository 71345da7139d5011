import { isNewer, isVoter } from "./config";
import { ELECTION_TIMEOUT } from "./heartbeats";
import { compare, type OpTime } from "./optime";
import type { ReplicaState } from "./state";
import type { Doc } from "./store";

/** Members wait by up to 15 % longer, so that not all stand at once. */
const SPREAD = 0.15;
const VOTE_WITHIN = 5_000;

export interface ElectionEffects {
  elected: () => void;
  /** Takes no writes any more. */
  stepDown: (why: string) => void;
}

/**
 * Who hears of no primary for 10 s stands, first on trial, and is the primary with the votes of a majority.
 * https://www.mongodb.com/docs/manual/core/replica-set-elections/
 */
export class Elections {
  private count = 0;
  private standing = false;

  constructor(
    private readonly state: ReplicaState,
    private readonly effects: ElectionEffects,
  ) {}

  /** A primary is there: nobody stands for a while. */
  postpone(): void {
    const { state } = this;
    const delay = ELECTION_TIMEOUT * (1 + state.env.random() * SPREAD);
    const round = ++this.count;
    state.after(delay, () => {
      if (round !== this.count) return;
      if (state.state === "PRIMARY") return;
      state.primary = undefined;
      state.changed();
      void this.stand(false);
      this.postpone();
    });
  }

  /** A primary that does not see a majority for 10 s is none any more. */
  watchMajority(): void {
    const { state } = this;
    if (state.state !== "PRIMARY") return;
    const near = state.otherVoters.filter(
      (host) => state.now - (state.seen.get(host)?.heard ?? -Infinity) < ELECTION_TIMEOUT,
    );
    if (near.length + (state.hasVote ? 1 : 0) < state.majority) {
      this.effects.stepDown("can't see a majority of the set, relinquishing primary");
      return;
    }
    state.after(500, () => {
      this.watchMajority();
    });
  }

  /** Takes over a later term. */
  learnTerm(term: number): void {
    const { state } = this;
    if (term <= state.term) return;
    state.term = term;
    if (state.state === "PRIMARY") this.effects.stepDown("saw a higher term");
    state.primary = undefined;
    state.changed();
  }

  /** Why it cannot stand; `undefined`: it can. */
  unelectable(): string | undefined {
    const { state } = this;
    const own = state.config?.members.find(({ host }) => host === state.host);
    if (!own) return "not a member";
    if (state.state !== "SECONDARY") return `member is not currently a secondary`;
    if (!isVoter(own) || own.priority === 0) return "member has zero priority or no vote";
    if (state.now < state.frozenUntil) return "member is frozen: a stepdown or freeze period is active";
    return undefined;
  }

  /**
   * Stands for election.
   * @param atOnce - without the trial, as `replSetStepUp` does.
   * @returns whether it was elected
   */
  async stand(atOnce: boolean): Promise<boolean> {
    const { state } = this;
    if (this.standing || this.unelectable() !== undefined) return false;
    this.standing = true;
    try {
      const term = state.term;
      if (!atOnce && !(await this.ask(term, true))) return false;
      if (state.term !== term || this.unelectable() !== undefined) return false;
      state.term = term + 1;
      state.primary = undefined;
      state.keep({ vote: { term: state.term, for: state.host } });
      const elected = await this.ask(state.term, false);
      if (!elected || state.term !== term + 1 || this.unelectable() !== undefined) return false;
      this.effects.elected();
      return true;
    } finally {
      this.standing = false;
    }
  }

  /** Whether it votes for somebody. https://github.com/mongodb/mongo/blob/master/src/mongo/db/repl/README.md#voting */
  answer({ dryRun, term, candidate, last, version, configTerm, set }: Doc): Doc {
    const { state } = this;
    const no = (reason: string): Doc => ({ ok: 1, term: state.term, granted: false, reason });
    const on = last as OpTime;
    if (set !== state.env.setName) return no("candidate's set name differs from mine");
    if (!state.config) return no("my config is not initialised");
    if (isNewer(state.config, { version, term: configTerm }))
      return no("candidate's config is older than mine");
    // On trial it is asked with the present term, which changes nothing.
    if (dryRun !== true) this.learnTerm(term as number);
    if (term < state.term) return no(`candidate's term (${term}) is lower than mine (${state.term})`);
    if (compare(on, state.store.last) < 0) return no("candidate's data is staler than mine");
    if (dryRun === true) return { ok: 1, term: state.term, granted: true, reason: "" };
    const { vote } = state.env.disk.kept;
    if (vote.term >= term && vote.for !== candidate)
      return no(`already voted for another candidate (${vote.for}) this term (${vote.term})`);
    state.keep({ vote: { term, for: candidate } });
    return { ok: 1, term: state.term, granted: true, reason: "" };
  }

  private async ask(term: number, dryRun: boolean): Promise<boolean> {
    const { state } = this;
    const { config } = state;
    if (!config) return false;
    const { ts, t } = state.store.last;
    const question = {
      replSetRequestVotes: 1,
      set: state.env.setName,
      dryRun,
      term,
      candidate: state.host,
      last: { ts, t },
      version: config.version,
      configTerm: config.term,
    };
    let votes = 1;
    const needed = state.majority;
    if (votes >= needed) return true;
    return await new Promise<boolean>((resolve) => {
      const voters = state.otherVoters;
      let open = voters.length;
      if (open === 0) resolve(false);
      for (const host of voters) {
        state
          .send(host, question, VOTE_WITHIN)
          .then((answer) => {
            if (answer["term"] > state.term && !dryRun) this.learnTerm(answer["term"]);
            if (answer["granted"] === true && ++votes >= needed) resolve(true);
          })
          .catch(() => undefined)
          .finally(() => {
            if (--open === 0) resolve(false);
          });
      }
    });
  }
}
