import { MemoryDisk } from "./memory-disk";
import { Replica } from "./replica";
import { Server } from "./server";
import { Session } from "./session";
import type { Environment } from "./state";
import type { Doc } from "./store";

/** Time that a simulation lets pass. */
export interface SimulatedTime {
  now: number;
  after(delay: number, run: () => void): void;
}

/** A server of a simulation: its disk survives its processes. */
export class SimulatedServer {
  readonly disk = new MemoryDisk();
  server: Server | undefined;
  /** Of members: those that it believes, and shows until one is believed. */
  keys: string[] = [];
  /** Of the program that its next process runs. */
  version = "8.0.4";
  private readonly ends: (() => void)[] = [];

  constructor(
    readonly ordinal: number,
    readonly host: string,
    private readonly network: ServerNetwork,
  ) {}

  get replica(): Replica | undefined {
    return this.server?.parts.replica;
  }

  get isPrimary(): boolean {
    return this.replica?.leads === true && this.replica.state.writable;
  }

  start(): void {
    if (this.server) return;
    const { time, random, options } = this.network;
    const replica = new Replica({
      timers: {
        now: () => time.now,
        after: (delay, run) => {
          let calledOff = false;
          time.after(delay, () => {
            if (!calledOff) run();
          });
          return () => {
            calledOff = true;
          };
        },
      },
      random,
      host: this.host,
      setName: "rs",
      disk: this.disk,
      send: async (to, command, within) => await this.network.send(this.ordinal, to, command, within),
      log: (message) => {
        this.network.log(`${this.ordinal}: ${message}`);
        if (!message.startsWith("transition to PRIMARY")) return;
        const { elected } = this.network;
        const term = this.replica?.state.term ?? -1;
        elected.set(term, (elected.get(term) ?? new Set<string>()).add(this.host));
      },
      fatal: (message) => {
        this.network.fatal.push(`${this.ordinal}: ${message}`);
        this.crash();
      },
      journalTime: 10,
      ...options,
    });
    this.server = new Server({
      replica,
      version: this.version,
      keys: [],
      options: {},
      rotate: async () => undefined,
      shutDown: () => {
        this.crash();
      },
    });
    replica.start();
  }

  /** The process ends without any farewell. */
  crash(): void {
    this.replica?.end();
    this.server = undefined;
    this.disk.store.crash();
    for (const end of this.ends.splice(0)) end();
  }

  loseDisk(): void {
    this.crash();
    this.disk.lose();
  }

  whenEnded(run: () => void): void {
    this.ends.push(run);
  }

  /** As a member's own agent asks: over a connection of its pod, which ends with the server. */
  async ask(command: Doc): Promise<Doc> {
    const { server } = this;
    if (!server) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const session = new Session(server).trust();
    return await new Promise<Doc>((resolve, reject) => {
      this.ends.push(() => {
        reject(new Error("the server has closed the connection"));
      });
      session
        .run(command)
        .then(resolve, reject)
        .finally(() => {
          session.close();
        });
    });
  }
}

/** Servers of one set, and what is between them. */
export class ServerNetwork {
  readonly servers: SimulatedServer[];
  readonly fatal: string[] = [];
  /** How often a member was shown no key that it believes. */
  refused = 0;
  /** Who was elected in each term. */
  readonly elected = new Map<number, Set<string>>();
  private readonly cuts = new Set<string>();

  constructor(
    size: number,
    readonly time: SimulatedTime,
    readonly random: () => number,
    readonly options: Partial<Environment> = {},
    readonly log: (message: string) => void = () => undefined,
  ) {
    this.servers = [...Array(size).keys()].map(
      (ordinal) => new SimulatedServer(ordinal, `m-${ordinal}:27017`, this),
    );
  }

  get primaries(): SimulatedServer[] {
    return this.servers.filter(({ isPrimary }) => isPrimary);
  }

  cut(a: number, b: number): void {
    this.cuts.add(`${a} ${b}`);
    this.cuts.add(`${b} ${a}`);
  }

  isolate(ordinal: number): void {
    for (const other of this.servers.keys()) if (other !== ordinal) this.cut(ordinal, other);
  }

  heal(): void {
    this.cuts.clear();
  }

  reaches(from: number, to: number): boolean {
    return from === to || !this.cuts.has(`${from} ${to}`);
  }

  /** What is lost on the way is missed only when it has not come for long. */
  async send(from: number, host: string, command: Doc, within: number): Promise<Doc> {
    const target = this.servers.find((one) => one.host === host);
    return await new Promise<Doc>((resolve, reject) => {
      const fail = (delay: number) => {
        this.time.after(delay, () => {
          reject(new Error("not reached"));
        });
      };
      this.time.after(1 + this.random() * 4, () => {
        if (!target || !this.reaches(from, target.ordinal)) {
          fail(within);
          return;
        }
        const { server } = target;
        if (!server) {
          fail(1);
          return;
        }
        const shown = this.servers[from]?.keys ?? [];
        if (shown.length > 0 && !shown.some((key) => target.keys.includes(key))) {
          this.refused++;
          this.time.after(1, () => {
            reject(new Error("Authentication failed."));
          });
          return;
        }
        // The process' end resets its connections; what a cut takes is missed only in time.
        target.whenEnded(() => {
          if (this.reaches(target.ordinal, from)) fail(1);
        });
        void new Session(server)
          .trust()
          .run(command)
          .then((answer) => {
            this.time.after(1 + this.random() * 4, () => {
              if (this.reaches(target.ordinal, from) && target.server === server) resolve(answer);
              else fail(within);
            });
          }, reject);
      });
    });
  }
}
