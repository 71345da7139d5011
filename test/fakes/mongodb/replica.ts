import {
  checkIdentities,
  checkSafe,
  type Config,
  isNewer,
  isVoter,
  readConfig,
  shownConfig,
  votersOf,
} from "./config";
import { Elections } from "./elections";
import { CommandError } from "./errors";
import { Heartbeats } from "./heartbeats";
import { compare, following, NEVER, type OpTime, shown } from "./optime";
import { commonPlace, plain, Replication } from "./replication";
import { type Environment, ReplicaState, STATES } from "./state";
import type { Doc, Entry } from "./store";

/** What a client waits for. https://www.mongodb.com/docs/manual/reference/write-concern/ */
export interface WriteConcern {
  w: number | "majority";
  wtimeout?: number;
}

const NO_CONFIG = "no replset config has been received";

/** A server's part in a replica set, for one life of its process. */
export class Replica {
  readonly state: ReplicaState;
  private readonly heartbeats: Heartbeats;
  private readonly elections: Elections;
  private readonly replication: Replication;
  private installing = false;

  constructor(readonly env: Environment) {
    const state = (this.state = new ReplicaState(env));
    const higherTerm = (term: number): void => {
      this.elections.learnTerm(term);
    };
    const primaryAlive = (host: string): void => {
      if (state.primary !== host) {
        state.primary = host;
        state.changed();
      }
      this.elections.postpone();
    };
    this.heartbeats = new Heartbeats(state, {
      adopt: (config) => {
        this.adopt(config);
      },
      higherTerm,
      primaryAlive,
      progressed: () => {
        state.advanceCommit();
        void this.endNewlyAdded();
      },
    });
    this.elections = new Elections(state, {
      elected: () => void this.lead(),
      stepDown: (why) => {
        this.stepDown(why);
      },
    });
    this.replication = new Replication(state, { higherTerm, primaryAlive });
  }

  /** Goes on with what is on the disk. */
  start(): void {
    if (this.state.config) this.enter();
  }

  /** The process ends. */
  end(): void {
    this.state.end();
  }

  // What commands ask for.

  /** Begins a set. https://www.mongodb.com/docs/manual/reference/command/replSetInitiate/ */
  async initiate(given: Doc): Promise<void> {
    const { state, env } = this;
    if (state.config) throw new CommandError("AlreadyInitialized", "already initialized");
    if (compare(state.store.last, NEVER) > 0)
      throw new CommandError("InvalidReplicaSetConfig", "this server has data already");
    const config = { ...readConfig(given, env.setName), version: 1, term: 0 };
    if (!config.members.some(({ host }) => host === env.host))
      throw new CommandError(
        "InvalidReplicaSetConfig",
        `No host described in new configuration with {version: 1, term: 0} for replica set ${env.setName} maps to this node`,
      );
    for (const { host } of config.members) {
      if (host === env.host) continue;
      const answer = await state
        .send(
          host,
          {
            replSetHeartbeat: env.setName,
            from: env.host,
            term: 0,
            state: "STARTUP",
            applied: NEVER,
            durable: NEVER,
            configVersion: -2,
            configTerm: -1,
          },
          5_000,
        )
        .catch(() => undefined);
      if (answer?.["ok"] !== 1)
        throw new CommandError(
          "NodeNotFound",
          `replSetInitiate quorum check failed because not all proposed set members responded affirmatively: ${host}`,
        );
    }
    const id = `${state.now}-${Math.floor(env.random() * 2 ** 32).toString(16)}`;
    state.keep({ config: { ...config, settings: { ...config.settings, replicaSetId: id } } });
    this.note({ msg: "initiating set" }, 0);
    state.journal();
    this.enter();
    // One alone stands at once.
    if (votersOf(config).length === 1) await this.elections.stand(true);
  }

  /** Changes the configuration. https://www.mongodb.com/docs/manual/reference/command/replSetReconfig/ */
  async reconfigure(given: Doc, force: boolean, within = Infinity): Promise<void> {
    const { state, env } = this;
    const from = this.needConfig();
    if (!force && !(state.state === "PRIMARY" && state.writable))
      throw new CommandError(
        "NotWritablePrimary",
        "replSetReconfig should only be run on a writable PRIMARY",
      );
    let to = readConfig(given, env.setName);
    if (force) {
      to = {
        ...to,
        version: Math.max(from.version, to.version) + 10_000 + Math.floor(env.random() * 90_000),
        term: -1,
      };
      checkIdentities(from, to);
    } else {
      if (this.installing)
        throw new CommandError(
          "ConfigurationInProgress",
          "Cannot run replSetReconfig because the node is currently updating its configuration",
        );
      to = this.withNewlyAdded(from, { ...to, term: state.term });
      checkSafe(from, to);
      if (!to.members.some((one) => one.host === env.host && one.priority > 0 && one.votes > 0))
        throw new CommandError(
          "NodeNotFound",
          `This node, ${env.host}, is not in the new configuration, or cannot be elected in it`,
        );
      this.checkCommitted();
    }
    to.settings = { ...from.settings, ...to.settings };
    this.install(to);
    if (force) return;
    await state.until(
      () => !this.leads || this.isCommitted(to),
      within,
      () => new CommandError("MaxTimeMSExpired", "Reconfig finished but failed to propagate to a majority"),
    );
    if (!this.leads) throw new CommandError("InterruptedDueToReplStateChange", "stepped down meanwhile");
  }

  /** https://www.mongodb.com/docs/manual/reference/command/replSetStepDown/ */
  async handOver(seconds: number, catchUp: number, force: boolean): Promise<void> {
    const { state } = this;
    if (!this.leads) throw new CommandError("NotWritablePrimary", "not primary so can't step down");
    if (catchUp > seconds)
      throw new CommandError("BadValue", "stepdown period must be longer than secondaryCatchUpPeriodSecs");
    const term = state.term;
    // Takes no writes while the others catch up.
    state.writable = false;
    state.changed();
    const last = state.store.last;
    const has = (host: string): boolean =>
      compare(state.seen.get(host)?.applied ?? NEVER, last) >= 0 && state.seen.get(host)?.up === true;
    const electable = (): string[] =>
      this.needConfig()
        .members.filter(
          (one) =>
            one.host !== state.host &&
            isVoter(one) &&
            one.priority > 0 &&
            has(one.host) &&
            state.seen.get(one.host)?.state === "SECONDARY",
        )
        .map(({ host }) => host);
    const caughtUp = (): boolean =>
      electable().length > 0 && state.otherVoters.filter(has).length + 1 >= state.majority;
    try {
      await state.until(
        () => caughtUp() || state.term !== term,
        catchUp * 1_000,
        () =>
          new CommandError(
            "ExceededTimeLimit",
            "No electable secondaries caught up as of now. Please use the replSetStepDown command with the argument {force: true} to force node to step down.",
          ),
      );
    } catch (error) {
      if (!force) {
        if (state.state === "PRIMARY" && state.term === term) state.writable = true;
        state.changed();
        throw error;
      }
    }
    const [next] = electable();
    state.frozenUntil = state.now + seconds * 1_000;
    this.stepDown("by command");
    // Whom it thinks best is asked to stand at once.
    if (next !== undefined)
      void state.send(next, { replSetStepUp: 1, skipDryRun: true }, 5_000).catch(() => undefined);
  }

  /** https://www.mongodb.com/docs/manual/reference/command/replSetFreeze/ */
  freeze(seconds: number): void {
    const { state } = this;
    if (state.state === "PRIMARY")
      throw new CommandError(
        "NotSecondary",
        "cannot freeze node when primary or running for election. state: Primary",
      );
    state.frozenUntil = seconds === 0 ? -Infinity : state.now + seconds * 1_000;
  }

  /** Has it stand at once, as a primary does that steps down. */
  async stepUp(): Promise<void> {
    if (this.state.state === "PRIMARY") return;
    const why = this.elections.unelectable();
    if (why !== undefined) throw new CommandError("CommandFailed", `Election failed: ${why}`);
    if (!(await this.elections.stand(true))) throw new CommandError("CommandFailed", "Election failed.");
  }

  /** Writes one change, as the primary. @returns its place */
  write(change: Omit<Entry, "ts" | "t">): OpTime {
    const { state } = this;
    if (!this.leads || !state.writable) throw new CommandError("NotWritablePrimary", "not primary");
    return this.append(change);
  }

  /** Returns when enough have it. */
  async replicated(place: OpTime, { w, wtimeout = 0 }: WriteConcern): Promise<void> {
    const { state } = this;
    if (w === 0 || w === 1) return;
    const term = state.term;
    const done = (): boolean => {
      if (state.state !== "PRIMARY" || state.term !== term) return true;
      if (w === "majority") return compare(state.commit, place) >= 0;
      const having = state.others.filter(
        (host) => compare(state.seen.get(host)?.applied ?? NEVER, place) >= 0,
      );
      return having.length + 1 >= w;
    };
    await state.until(
      done,
      wtimeout === 0 ? Infinity : wtimeout,
      () => new CommandError("WriteConcernFailed", "waiting for replication timed out"),
    );
    if (compare(state.commit, place) < 0 && (state.state !== "PRIMARY" || state.term !== term))
      throw new CommandError("PrimarySteppedDown", "Primary stepped down while waiting for replication");
  }

  get leads(): boolean {
    return this.state.state === "PRIMARY";
  }

  get committed(): Config | undefined {
    const { config } = this.state;
    return config && this.isCommitted(config) ? config : undefined;
  }

  needConfig(): Config {
    const { config } = this.state;
    if (!config) throw new CommandError("NotYetInitialized", NO_CONFIG);
    return config;
  }

  /** https://www.mongodb.com/docs/manual/reference/command/replSetGetStatus/ */
  status(): Doc {
    const { state } = this;
    const config = this.needConfig();
    if (!state.isMember)
      throw new CommandError(
        "InvalidReplicaSetConfig",
        "Our replica set config is invalid or we are not a member of it",
      );
    const { last, journaled } = state.store;
    const own = (host: string): boolean => host === state.host;
    return {
      set: config._id,
      date: new Date(state.now),
      myState: STATES[state.state],
      term: state.term,
      majorityVoteCount: state.majority,
      votingMembersCount: votersOf(config).length,
      optimes: {
        lastCommittedOpTime: shown(state.commit),
        appliedOpTime: shown(last),
        durableOpTime: shown(journaled),
      },
      members: config.members.map(({ _id, host }) => {
        const seen = state.seen.get(host);
        const name = own(host) ? state.state : seen?.up === true ? seen.state : "DOWN";
        const stateStr = name === "DOWN" ? "(not reachable/healthy)" : name;
        return {
          _id,
          name: host,
          health: own(host) || seen?.up === true ? 1 : 0,
          state: STATES[name],
          stateStr,
          optime: shown(own(host) ? last : (seen?.applied ?? NEVER)),
          optimeDurable: shown(own(host) ? journaled : (seen?.durable ?? NEVER)),
          ...(own(host) ? { self: true } : {}),
          configVersion: own(host) ? config.version : (seen?.config.version ?? -1),
          configTerm: own(host) ? config.term : (seen?.config.term ?? -1),
        };
      }),
      ok: 1,
    };
  }

  /** @param committed - says also whether a majority has it */
  configShown(committed: boolean): Doc {
    const config = this.needConfig();
    return {
      config: shownConfig(config),
      ...(committed ? { commitmentStatus: this.isCommitted(config) } : {}),
      ok: 1,
    };
  }

  /** What members ask each other. `undefined`: nothing of that kind. */
  async internal(command: Doc): Promise<Doc | undefined> {
    const { state } = this;
    if ("replSetHeartbeat" in command) return this.heartbeats.answer(command);
    if ("replSetRequestVotes" in command) return this.elections.answer(command);
    if ("replPull" in command) return await this.replication.answer(command);
    if ("replAhead" in command)
      return { ok: 1, entries: (state.store.after(command["after"] as OpTime) ?? []).map(plain) };
    if ("replProgress" in command) {
      this.replication.progress(
        command["host"] as string,
        command["applied"] as OpTime,
        command["durable"] as OpTime,
      );
      return { ok: 1 };
    }
    if ("replCommon" in command) return { ok: 1, common: commonPlace(state, command["places"] as OpTime[]) };
    if ("replCopy" in command) {
      const readable = state.state === "PRIMARY" || state.state === "SECONDARY";
      return readable ? { ok: 1, copy: state.store.snapshot() } : { ok: 0, errmsg: "not readable" };
    }
    return undefined;
  }

  // What follows from it.

  private enter(): void {
    const { state } = this;
    if (!state.isMember) {
      state.set("REMOVED");
      this.replication.stop();
      this.heartbeats.stop();
      return;
    }
    this.heartbeats.restart();
    if (state.env.disk.kept.copying || compare(state.store.last, NEVER) <= 0) {
      if (state.state !== "STARTUP2") void this.copy();
      return;
    }
    if (state.state === "PRIMARY") {
      state.advanceCommit();
      return;
    }
    if (state.state === "SECONDARY" || state.state === "RECOVERING" || state.state === "ROLLBACK") return;
    state.set("SECONDARY");
    this.elections.postpone();
    this.replication.start();
  }

  private async copy(): Promise<void> {
    const { state } = this;
    await this.replication.copy();
    if (!state.isMember || state.env.disk.kept.copying) return;
    state.set("SECONDARY");
    this.elections.postpone();
    this.replication.start();
    // The primary need not wait to hear that it has a vote now.
    this.heartbeats.restart();
  }

  private adopt(config: Config): void {
    const { state } = this;
    const known = state.config ?? { version: -2, term: -1 };
    if (!isNewer(config, known)) return;
    // A stranger's heartbeat does not make one a member.
    if (!state.config && !config.members.some(({ host }) => host === state.host)) return;
    if (state.config && state.config.settings["replicaSetId"] !== config.settings["replicaSetId"]) {
      state.env.log("a configuration of another set is refused");
      return;
    }
    this.install(config);
  }

  private install(config: Config): void {
    const { state } = this;
    const wasPrimary = state.state === "PRIMARY";
    state.keep({ config });
    for (const host of state.seen.keys())
      if (!config.members.some((one) => one.host === host)) state.seen.delete(host);
    if (wasPrimary && !state.isMember) this.stepDown("removed from the configuration");
    this.enter();
    state.changed();
  }

  private withNewlyAdded(from: Config, to: Config): Config {
    const members = to.members.map((one) => {
      const before = from.members.find(({ host }) => host === one.host);
      const fresh =
        one.votes > 0 && (before === undefined || before.newlyAdded === true || before.votes === 0);
      const { _id, host, priority, votes } = one;
      return { _id, host, priority, votes, ...(fresh ? { newlyAdded: true as const } : {}) };
    });
    return { ...to, members };
  }

  /** Who was added has a vote as soon as it has synced. https://www.mongodb.com/docs/manual/core/replica-set-members/ (newlyAdded) */
  private async endNewlyAdded(): Promise<void> {
    const { state } = this;
    const { config } = state;
    if (!this.leads || !state.writable || !config || this.installing) return;
    const ready = config.members.find(
      (one) =>
        one.newlyAdded === true &&
        state.seen.get(one.host)?.state === "SECONDARY" &&
        state.seen.get(one.host)?.up === true,
    );
    if (!ready || !this.isCommitted(config)) return;
    const members = config.members.map((one) => {
      const { newlyAdded, ...member } = one;
      return one === ready || newlyAdded !== true ? member : one;
    });
    this.install({ ...config, version: config.version + 1, term: state.term, members });
  }

  private checkCommitted(): void {
    const config = this.needConfig();
    const { state } = this;
    if (!this.isCommitted(config))
      throw new CommandError(
        "CurrentConfigNotCommittedYet",
        "Cannot run replSetReconfig because the current config is not majority committed.",
      );
    if (state.commit.t !== state.term)
      throw new CommandError("CurrentConfigNotCommittedYet", "no write of this term is committed yet");
  }

  /** Whether a majority of those with a vote has it. */
  private isCommitted({ version, term, ...config }: Config): boolean {
    const having = votersOf({ ...config, version, term }).filter(({ host }) => {
      if (host === this.state.host) return true;
      const seen = this.state.seen.get(host)?.config;
      return seen?.version === version && seen.term === term;
    });
    return having.length >= Math.floor(votersOf({ ...config, version, term }).length / 2) + 1;
  }

  /** Elected: catches up, and then takes writes. */
  private async lead(): Promise<void> {
    const { state } = this;
    this.replication.stop();
    state.primary = state.host;
    state.electedAt = state.now;
    state.writable = false;
    state.set("PRIMARY");
    for (const host of state.others)
      state.learn(host, { heard: Math.max(state.now, state.seen.get(host)?.heard ?? 0) });
    this.elections.watchMajority();
    this.heartbeats.restart();
    const term = state.term;
    await this.replication.catchUp();
    if (!this.leads || state.term !== term) return;
    const config = this.needConfig();
    state.keep({ config: { ...config, term } });
    state.writable = true;
    this.note({ msg: "new primary" }, term);
    state.changed();
    this.heartbeats.restart();
  }

  private stepDown(why: string): void {
    const { state } = this;
    if (state.state !== "PRIMARY") return;
    state.env.log(`stepping down: ${why}`);
    state.writable = false;
    if (state.primary === state.host) state.primary = undefined;
    state.set("SECONDARY");
    this.elections.postpone();
    this.replication.start();
    this.heartbeats.restart();
  }

  private note(o: Doc, term: number): void {
    this.append({ op: "n", ns: "", o: { ...o, term } });
  }

  private append(change: Omit<Entry, "ts" | "t">): OpTime {
    const { state } = this;
    const place = following(state.store.last, state.now, state.term);
    state.store.append({ ...place, ...change });
    state.store.trim(state.env.oplogMost ?? Infinity);
    state.wake();
    state.after(state.env.journalTime ?? 0, () => {
      state.journal();
      state.advanceCommit();
    });
    return place;
  }
}
