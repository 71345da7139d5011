import { compare, type OpTime, same } from "./optime";
import type { ReplicaState } from "./state";
import type { Doc, Entry } from "./store";

/** A source that has nothing new answers after this time, ms. */
const AWAIT = 2_000;
const ASK_WITHIN = 5_000;
const RETRY = 250;

export interface ReplicationEffects {
  higherTerm: (term: number) => void;
  primaryAlive: (host: string) => void;
}

/**
 * A member that is none of the primaries pulls the oplog from somebody who is ahead, and tells how far it has come.
 * https://www.mongodb.com/docs/manual/core/replica-set-sync/
 */
export class Replication {
  private round = 0;
  /** Who were found not to have what follows on what is here. */
  private readonly lacking = new Set<string>();

  constructor(
    private readonly state: ReplicaState,
    private readonly effects: ReplicationEffects,
  ) {}

  start(): void {
    void this.pull(++this.round);
  }

  stop(): void {
    this.round++;
  }

  /** Who has all data copied. Rejects when nobody can. */
  async copy(): Promise<void> {
    const { state } = this;
    state.set("STARTUP2");
    state.keep({ copying: true });
    state.store.clear();
    state.journal();
    for (;;) {
      const [source] = this.sources(true);
      const answer =
        source === undefined
          ? undefined
          : await state.send(source, { replCopy: 1, from: state.host }, ASK_WITHIN).catch(() => undefined);
      if (answer?.["ok"] === 1) {
        await state.sleep(state.env.copyTime ?? 500);
        state.store.restore(answer["copy"]);
        state.journal();
        state.keep({ copying: false });
        return;
      }
      await state.sleep(RETRY);
      if (!state.isMember) return;
    }
  }

  /** What others have who want to follow. */
  async answer(question: Doc): Promise<Doc> {
    const { state } = this;
    const { after, from, applied, durable, term } = question;
    if (term > state.term) this.effects.higherTerm(term as number);
    this.progress(from as string, applied as OpTime, durable as OpTime);
    if (state.state !== "PRIMARY" && state.state !== "SECONDARY") return { ok: 0, errmsg: "not readable" };
    const { store } = state;
    const news = (): boolean =>
      state.state !== "PRIMARY" && state.state !== "SECONDARY"
        ? true
        : compare(store.last, after as OpTime) > 0 || compare(state.commit, question["commit"] as OpTime) > 0;
    await state.until(news, AWAIT, () => new Error("nothing new")).catch(() => undefined);
    const entries = store.after(after as OpTime);
    const shared = {
      ok: 1,
      term: state.term,
      primary: state.state === "PRIMARY" ? state.host : state.primary,
      isPrimary: state.state === "PRIMARY",
      last: store.last,
      commit: state.commit,
    };
    if (entries !== undefined) return { ...shared, entries: entries.map(plain) };
    return { ...shared, missing: compare(after as OpTime, store.floor) < 0 ? "too old" : "diverged" };
  }

  /** Somebody told how far it has come; who follows somebody else is told of by that one. */
  progress(host: string, applied: OpTime, durable: OpTime): void {
    const { state } = this;
    const before = state.seen.get(host);
    if (!before || !state.others.includes(host)) return;
    if (compare(durable, before.durable) < 0 && before.up) return;
    state.learn(host, { applied, durable, heard: state.now, up: true });
    state.advanceCommit();
    state.wake();
    const { primary } = state;
    if (state.state === "SECONDARY" && primary !== undefined && primary !== host)
      void state
        .send(primary, { replProgress: 1, host, applied, durable }, ASK_WITHIN)
        .catch(() => undefined);
  }

  /** Elected, it takes over what others have that it has not. https://www.mongodb.com/docs/manual/reference/replica-configuration/#mongodb-rsconf-rsconf.settings.catchUpTimeoutMillis */
  async catchUp(): Promise<void> {
    const { state } = this;
    const term = state.term;
    const answers = await Promise.all(
      state.others.map(async (host) => {
        const answer = await state
          .send(host, { replAhead: 1, after: this.question()["after"] as OpTime }, 2_000)
          .catch((): Doc => ({ ok: 0 }));
        return answer["ok"] === 1 ? (answer["entries"] as Entry[]) : [];
      }),
    );
    if (state.term !== term || state.state !== "PRIMARY") return;
    const [longest = []] = answers.sort((a, b) => b.length - a.length);
    for (const entry of longest) if (compare(entry, state.store.last) > 0) state.store.append(entry);
    state.journal();
  }

  private question(): Doc {
    const { state } = this;
    const { last, journaled } = state.store;
    return {
      from: state.host,
      term: state.term,
      after: { ts: last.ts, t: last.t },
      applied: { ts: last.ts, t: last.t },
      durable: { ts: journaled.ts, t: journaled.t },
      commit: state.commit,
    };
  }

  /** Members to follow, best first: the primary, and then who is ahead. A copy may be taken from a secondary. */
  private sources(forCopy: boolean): string[] {
    const { state } = this;
    const able = state.others.filter((host) => {
      const seen = state.seen.get(host);
      if (seen?.up !== true || this.lacking.has(host)) return false;
      if (seen.state !== "PRIMARY" && seen.state !== "SECONDARY") return false;
      return forCopy || compare(seen.applied, state.store.last) >= 0;
    });
    const rank = (host: string): number => {
      const isPrimary = state.seen.get(host)?.state === "PRIMARY";
      return forCopy === isPrimary ? 1 : 0;
    };
    return able.sort((a, b) => rank(a) - rank(b));
  }

  private async pull(round: number): Promise<void> {
    const { state } = this;
    const goesOn = (): boolean => round === this.round && state.alive && state.state !== "PRIMARY";
    while (goesOn()) {
      const [source] = this.sources(false);
      if (source === undefined) {
        this.noSource();
        await state.sleep(RETRY);
        continue;
      }
      const question: Doc = { replPull: 1, ...this.question() };
      const answer = await state.send(source, question, ASK_WITHIN).catch(() => undefined);
      if (!goesOn()) return;
      if (answer?.["ok"] !== 1) {
        state.learn(source, { up: false });
        await state.sleep(RETRY);
        continue;
      }
      await this.take(source, answer, question["after"] as OpTime, goesOn);
    }
  }

  private async take(source: string, answer: Doc, asked: OpTime, goesOn: () => boolean): Promise<void> {
    const { state } = this;
    if (answer["term"] > state.term) this.effects.higherTerm(answer["term"] as number);
    if (state.seen.has(source)) state.learn(source, { applied: answer["last"] as OpTime });
    if (answer["isPrimary"] === true && answer["term"] === state.term) this.effects.primaryAlive(source);
    if (answer["missing"] !== undefined) {
      // A source that is behind says nothing of who is right.
      if (compare(answer["last"] as OpTime, state.store.last) <= 0) {
        this.lacking.add(source);
        state.after(2_000, () => this.lacking.delete(source));
      } else await this.rollBackOrGiveUp(source);
      return;
    }
    // Meanwhile it may have changed what it has.
    if (!same(asked, state.store.last)) return;
    const entries = answer["entries"] as Entry[];
    for (const entry of entries) state.store.append(entry);
    if (entries.length > 0) {
      state.store.trim(state.env.oplogMost ?? Infinity);
      await state.sleep(state.env.journalTime ?? 0);
      if (!goesOn()) return;
      state.journal();
    }
    const commit = answer["commit"] as OpTime;
    const known = compare(commit, state.store.last) > 0 ? state.store.last : commit;
    if (compare(known, state.commit) > 0) state.commit = { ts: known.ts, t: known.t };
    else if (entries.length === 0) await state.sleep(20);
    if (state.state === "RECOVERING") state.set("SECONDARY");
    state.wake();
    if (entries.length > 0) this.tell(source);
  }

  /** Its source is told at once: somebody may wait for a majority. */
  private tell(source: string): void {
    const { last, journaled } = this.state.store;
    const places = { applied: { ts: last.ts, t: last.t }, durable: { ts: journaled.ts, t: journaled.t } };
    void this.state
      .send(source, { replProgress: 1, host: this.state.host, ...places }, ASK_WITHIN)
      .catch(() => undefined);
  }

  /** Nobody has what follows on its data: it stays, and says RECOVERING. https://www.mongodb.com/docs/manual/tutorial/resync-replica-set-member/ */
  private noSource(): void {
    const { state } = this;
    const primary = state.others.find((host) => state.seen.get(host)?.state === "PRIMARY");
    if (primary !== undefined && this.lacking.has(primary) && state.state === "SECONDARY")
      state.set("RECOVERING");
  }

  /**
   * What it has and the source has not is undone, back to what both have, and kept in a file. What was committed never is.
   * https://www.mongodb.com/docs/manual/core/replica-set-rollbacks/
   */
  private async rollBackOrGiveUp(source: string): Promise<void> {
    const { state } = this;
    const places = state.store.places();
    const answer = await state.send(source, { replCommon: 1, places }, ASK_WITHIN).catch(() => undefined);
    if (answer?.["ok"] !== 1) return;
    const common = answer["common"] as OpTime | undefined;
    if (common === undefined) {
      state.env.log(`too stale to catch up from ${source}: it has no longer what follows`);
      this.lacking.add(source);
      state.after(5_000, () => this.lacking.delete(source));
      this.noSource();
      return;
    }
    if (compare(common, state.store.last) === 0) return;
    if (compare(common, state.commit) < 0) {
      state.env.fatal("common point of a rollback is before what was committed");
      return;
    }
    state.set("ROLLBACK");
    const undone = state.store.rollBackTo(common);
    const { rollbacks, rollbackId } = state.env.disk.kept;
    const file = state.env.disk.putAside(undone.map(({ op, ns, o }) => ({ op, ns, o })));
    state.journal();
    state.keep({ rollbacks: [...rollbacks, file], rollbackId: rollbackId + 1 });
    state.env.log(`rolled back ${undone.length} entries; they are in ${file}`);
    await state.sleep(100);
    if (state.state === "ROLLBACK") state.set("RECOVERING");
  }
}

/** The newest place of another member's that is here as well. */
export function commonPlace(state: ReplicaState, places: readonly OpTime[]): OpTime | undefined {
  return places.find((place) => place.t >= 0 && state.store.has(place));
}

/** An entry as it is sent. */
export function plain({ ts, t, op, ns, o, session }: Entry): Doc {
  return { ts, t, op, ns, o, ...(session ? { session } : {}) };
}
