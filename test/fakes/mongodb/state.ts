import { type Config, isVoter, majorityOf, votersOf } from "./config";
import { compare, NEVER, type OpTime } from "./optime";
import type { Doc, Store } from "./store";
import type { Timers } from "./timers";

/** https://www.mongodb.com/docs/manual/reference/replica-states/ */
export const STATES = {
  STARTUP: 0,
  PRIMARY: 1,
  SECONDARY: 2,
  RECOVERING: 3,
  STARTUP2: 5,
  DOWN: 8,
  ROLLBACK: 9,
  REMOVED: 10,
} as const;

export type StateName = keyof typeof STATES;

/** What is kept whatever happens to the process. */
export interface Kept {
  config?: Config | undefined;
  vote: { term: number; for: string };
  /** A copy was begun and is not complete: what is there is worthless. */
  copying: boolean;
  /** Names of files with what was rolled back. */
  rollbacks: string[];
  rollbackId: number;
}

export interface Disk {
  kept: Kept;
  store: Store;
  /** Writes down what is kept, at once. */
  keep(): void;
  /** Makes what was appended durable. */
  journal(): void;
  /** Keeps what was rolled back in a file. @returns its name */
  putAside(undone: Doc[]): string;
}

/** Where a server runs. */
export interface Environment {
  timers: Timers;
  random: () => number;
  /** Its own name, as configurations have it. */
  host: string;
  setName: string;
  disk: Disk;
  /** Sends a command to a member as another one. Rejects when it is not reached. */
  send: (host: string, command: Doc, within: number) => Promise<Doc>;
  log: (message: string) => void;
  /** Ends the process: what it found must not be. */
  fatal: (message: string) => void;
  /** How long a copy of all data takes, ms. */
  copyTime?: number;
  /** The most entries of the oplog that are kept. */
  oplogMost?: number;
  /** How long the journal may take when it is waited for, ms. */
  journalTime?: number;
}

/** What is known of another member. */
export interface Seen {
  state: StateName;
  up: boolean;
  heard: number;
  applied: OpTime;
  durable: OpTime;
  term: number;
  config: { version: number; term: number };
}

/** Waits for something to come true. */
interface Waiter {
  done: () => boolean;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** One life of a server's process: all that its parts share. */
export class ReplicaState {
  state: StateName = "STARTUP";
  /** It takes writes: it has caught up since it was elected. */
  writable = false;
  term: number;
  primary: string | undefined;
  commit: OpTime = NEVER;
  alive = true;
  frozenUntil = -Infinity;
  electedAt = 0;
  readonly seen = new Map<string, Seen>();
  /** Counts changes that `hello` tells. */
  topology = 0;
  private waiters: Waiter[] = [];
  private observers: (() => void)[] = [];

  constructor(readonly env: Environment) {
    this.term = env.disk.kept.config ? Math.max(env.disk.kept.vote.term, env.disk.store.last.t, 0) : 0;
  }

  get config(): Config | undefined {
    return this.env.disk.kept.config;
  }

  get store(): Store {
    return this.env.disk.store;
  }

  get host(): string {
    return this.env.host;
  }

  get now(): number {
    return this.env.timers.now();
  }

  get others(): string[] {
    return (this.config?.members ?? []).map(({ host }) => host).filter((host) => host !== this.host);
  }

  get otherVoters(): string[] {
    return this.config ? votersOf(this.config).flatMap(({ host }) => (host === this.host ? [] : [host])) : [];
  }

  get majority(): number {
    return this.config ? majorityOf(this.config) : 1;
  }

  get isMember(): boolean {
    return this.config?.members.some(({ host }) => host === this.host) === true;
  }

  get hasVote(): boolean {
    return this.config?.members.some((member) => member.host === this.host && isVoter(member)) === true;
  }

  after(delay: number, run: () => void): void {
    this.env.timers.after(delay, () => {
      if (this.alive) run();
    });
  }

  async sleep(delay: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.after(delay, resolve);
    });
  }

  /** An answer that comes after the process ended is not seen by it. */
  async send(host: string, command: Doc, within: number): Promise<Doc> {
    const answer = await this.env.send(host, command, within);
    return this.alive ? answer : await new Promise<Doc>(() => undefined);
  }

  set(state: StateName): void {
    if (state === this.state) return;
    this.env.log(`transition to ${state} from ${this.state}`);
    this.state = state;
    this.changed();
  }

  /** Something that waiters or `hello` may look for has changed. */
  changed(): void {
    this.topology++;
    this.wake();
    const observers = this.observers.splice(0);
    for (const observer of observers) observer();
  }

  /** Told once, when `hello` would say something else. */
  observe(observer: () => void): void {
    this.observers.push(observer);
  }

  wake(): void {
    const ready = this.waiters.filter(({ done }) => done());
    this.waiters = this.waiters.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }

  /** @param within - ms; Infinity: for ever. Rejects with `late` when it takes longer. */
  async until(done: () => boolean, within: number, late: () => Error): Promise<void> {
    if (done()) return;
    await new Promise<void>((resolve, reject) => {
      const waiter = { done, resolve, reject };
      this.waiters.push(waiter);
      if (within === Infinity) return;
      this.after(within, () => {
        if (!this.waiters.includes(waiter)) return;
        this.waiters = this.waiters.filter((one) => one !== waiter);
        reject(late());
      });
    });
  }

  /** Durable here. */
  journal(): void {
    this.env.disk.journal();
  }

  keep(change: Partial<Kept>): void {
    Object.assign(this.env.disk.kept, change);
    this.env.disk.keep();
  }

  /** The process ends, and its connections. */
  end(): void {
    this.alive = false;
    for (const { reject } of this.waiters.splice(0)) reject(new Error("the server has ended"));
  }

  /** Takes over what a member is known to have. */
  learn(host: string, change: Partial<Seen>): Seen {
    const before = this.seen.get(host) ?? {
      state: "STARTUP",
      up: false,
      heard: -Infinity,
      applied: NEVER,
      durable: NEVER,
      term: -1,
      config: { version: -2, term: -1 },
    };
    const after = { ...before, ...change };
    this.seen.set(host, after);
    return after;
  }

  /** What a majority of those with a vote have on their disks is committed; of the own term, and what is before it. */
  advanceCommit(): void {
    if (this.state !== "PRIMARY" || !this.config) return;
    const durable = votersOf(this.config).map(({ host }) =>
      host === this.host ? this.store.journaled : (this.seen.get(host)?.durable ?? NEVER),
    );
    const place = durable.sort((a, b) => compare(b, a))[this.majority - 1] ?? NEVER;
    if (place.t === this.term && compare(place, this.commit) > 0) this.commit = place;
    this.wake();
  }
}
