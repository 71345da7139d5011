import { Detachment } from "../../../../../agent/postgresql/detachment";
import { Silence } from "../../../../../agent/postgresql/silence";
import type { Report } from "../../../../../agent/core/types";
import { patroniCycle } from "./fake-patroni";
import type { Entry, Pod, Surroundings } from "./types";

const FILE = "/run/authorities";

/** One pod: its server, what receives for it, Patroni, and the agent with its real detachment. */
export class Member implements Pod {
  readonly name: string;
  /** Counts its pods. */
  life = 0;
  powered = true;
  pausedUntil = 0;
  /** Patroni alone does not come to run until then. */
  patroniPausedUntil = 0;
  private hangsSince: number | undefined;
  role: "primary" | "standby" | "down" = "down";
  term = 0;
  log: Entry[] = [];
  /** What is on the disk when the power goes. */
  names: string[] = [];
  numsync = 1;
  /** Whom its server is told to copy from. */
  host: string | undefined;
  trusted = false;
  receiver: { host: string; from: number } | undefined;
  /** How far the others have this primary's log, by name. */
  flushed = new Map<string, number>();
  startsAt = 0;
  promotedAt = 0;
  private cycling = false;
  private detachment: Detachment;
  private known = new Map<number, { at: number; report: Report }>();
  shown: Report | undefined;
  private hurried = false;
  private retryAt = 0;

  constructor(
    readonly world: Surroundings,
    readonly ordinal: number,
  ) {
    this.name = `db-${ordinal}`;
    this.detachment = this.agent();
  }

  get address(): string {
    return `10.${this.ordinal}.${this.life}`;
  }

  get now(): number {
    return this.world.time.now;
  }

  /** Whether its agent has voted. */
  get promised(): boolean {
    return this.detachment.vote !== undefined;
  }

  get runsNow(): boolean {
    return this.powered && this.now >= this.pausedUntil;
  }

  get receives(): boolean {
    return this.receiver !== undefined;
  }

  get takesWrites(): boolean {
    return this.role === "primary" && this.runsNow;
  }

  begin(): void {
    const { world } = this;
    world.every(250, () => {
      if (this.runsNow) void this.detachmentRound();
    });
    world.every(500, () => {
      this.look();
    });
    world.every(100, () => {
      this.replicate();
    });
    world.every(100, () => {
      if (!this.runsNow || this.now < this.patroniPausedUntil || this.cycling) return;
      if (!this.hurried && this.now < this.startsAt) return;
      void this.cycle();
    });
  }

  /** Patroni hangs for so long. */
  hang(duration: number): void {
    this.patroniPausedUntil = this.now + duration;
  }

  /** A primary that Patroni does not watch is ended by its agent: see `hangs.ts`. */
  private endUnwatched(): void {
    const hangs = this.now < this.patroniPausedUntil;
    this.hangsSince = hangs ? (this.hangsSince ?? this.now) : undefined;
    if (this.role !== "primary" || this.now - (this.hangsSince ?? this.now) < 8_000) return;
    this.role = "down";
    this.flushed.clear();
  }

  /** Patroni is told of a change of the lock. */
  hurry(): void {
    this.world.time.after(this.world.between(20, 200), () => {
      if (this.world.api.isReached(this)) this.hurried = true;
    });
  }

  async runs(): Promise<void> {
    while (!this.runsNow) await this.world.time.sleep(100);
  }

  /** Waits, as the member's own time goes: while it is paused, it does not. */
  async sleep(duration: number): Promise<void> {
    const { life } = this;
    await this.world.time.sleep(duration);
    await this.runs();
    while (this.now < this.patroniPausedUntil) await this.world.time.sleep(100);
    if (life !== this.life) throw new Error("it has ended meanwhile");
  }

  private async cycle(): Promise<void> {
    this.cycling = true;
    this.hurried = false;
    const { life } = this;
    try {
      await patroniCycle(this);
    } catch {
      // The next one looks anew.
    }
    if (life !== this.life) return;
    this.cycling = false;
    this.startsAt = this.now + 2_000;
  }

  // The agent.

  restartAgent(): void {
    this.detachment = this.agent();
    this.known.clear();
    this.shown = undefined;
  }

  restartPod(): void {
    this.life++;
    this.role = "down";
    this.receiver = undefined;
    this.trusted = false;
    this.cycling = false;
    this.hurried = false;
    this.host = undefined;
    this.flushed.clear();
    this.restartAgent();
    // As long as its agent waits to trust somebody.
    this.startsAt = this.now + this.world.between(1_000, 5_000);
  }

  powerOff(): void {
    this.powered = false;
    this.restartPod();
  }

  powerOn(): void {
    this.powered = true;
    this.startsAt = this.now + this.world.between(1_000, 5_000);
  }

  private rounds = 0;
  private async detachmentRound(): Promise<void> {
    if (this.rounds > 0 || !this.world.rules.voids) return;
    this.rounds++;
    const { detachment } = this;
    await detachment.round();
    this.rounds--;
  }

  private agent(): Detachment {
    const { world } = this;
    this.rounds = 0;
    const { life } = this;
    const { api, rules } = world;
    const still = async (): Promise<void> => {
      await this.runs();
      if (life !== this.life) await new Promise(() => undefined);
    };
    return new Detachment({
      database: "db",
      self: this.ordinal,
      trust: {
        path: FILE,
        isGiven: async () => Promise.resolve(this.trusted),
        give: async () => {
          if (life === this.life) this.trusted = true;
          return Promise.resolve();
        },
        take: async () => {
          this.trusted = false;
          return Promise.resolve();
        },
      },
      silence: new Silence(
        () => this.now,
        async (address) => {
          await world.time.sleep(10);
          const other = world.at(address);
          if (other && world.reaches(this, other)) return true;
          await world.time.sleep(1_000);
          return false;
        },
      ),
      members: () => this.members(),
      keys: {
        held: async () => api.ask(this, () => ({ ...api.lock })),
        electorate: async () => api.ask(this, () => api.electorate()),
        freeze: async ({ version }) =>
          api.ask(this, () => {
            if (!rules.freeze) return;
            api.compare(version, api.sync);
            api.writeSync({});
          }),
        void: async (version) =>
          api.ask(this, () => {
            api.compare(version, api.lock);
            api.freeLock();
            world.voids++;
          }),
      },
      conninfo: async () => {
        await world.time.sleep(world.between(1, 30));
        await still();
        if (this.role === "down") throw new Error("no server");
        const host = rules.goesBy ? this.host : api.lock.address;
        return `user=x host=${host ?? ""} sslmode=verify-ca sslrootcert=${FILE}`;
      },
      cut: async () => {
        if (!rules.cut) return;
        for (let left = true; left; left = this.receives) {
          this.receiver = undefined;
          await world.time.sleep(world.between(10, 200));
          await still();
        }
      },
      isStopped: async () => Promise.resolve(this.role === "down" && this.now < this.startsAt),
      log: () => undefined,
      clock: () => this.now,
    });
  }

  /** What the agent says of itself, and hears from the others. */
  private look(): void {
    if (!this.runsNow) return;
    this.endUnwatched();
    const { vote } = this.detachment;
    this.detachment.see({
      leads: this.role === "primary",
      follows: this.role === "standby",
      barred: false,
    });
    this.shown = {
      ordinal: this.ordinal,
      address: this.address,
      status: {
        member: this.role === "down" ? "offline" : "online",
        role: this.role === "primary" ? "primary" : "replica",
        ...(vote ? { detached: vote.version } : {}),
      },
    } as unknown as Report;
    for (const other of this.world.members) {
      if (other === this) continue;
      this.world.time.after(this.world.between(5, 100), () => {
        const reaches = this.runsNow && other.runsNow && this.world.reaches(this, other);
        if (reaches && other.shown) this.known.set(other.ordinal, { at: this.now, report: other.shown });
      });
    }
  }

  private members(): Report[] {
    const others = [...this.known.values()].filter(({ at }) => this.now - at < 3_000);
    return [...(this.shown ? [this.shown] : []), ...others.map(({ report }) => report)];
  }

  // The server.

  private replicate(): void {
    if (!this.runsNow) return;
    if (this.role === "primary") this.acknowledge();
    if (this.role !== "standby") {
      this.receiver = undefined;
      return;
    }
    const { receiver, world } = this;
    if (receiver === undefined) {
      if (this.host === undefined || this.now < this.retryAt) return;
      this.retryAt = this.now + 500;
      // It reads whom it may trust now, and streams a while later.
      if (this.trusted || !world.rules.trust)
        this.receiver = { host: this.host, from: this.now + world.between(20, 900) };
      return;
    }
    const source = world.at(receiver.host);
    if (receiver.host !== this.host || source?.role !== "primary") {
      this.receiver = undefined;
      return;
    }
    if (this.now < receiver.from || !source.runsNow || !world.reaches(this, source)) return;
    const last = this.log.at(-1);
    const fits = last === undefined || source.log[this.log.length - 1]?.id === last.id;
    if (!fits) return;
    this.log.push(...source.log.slice(this.log.length));
    const { length } = this.log;
    const { life } = source;
    world.time.after(world.between(1, 40), () => {
      if (source.life !== life || source.role !== "primary" || !world.reaches(this, source)) return;
      source.flushed.set(this.name, length);
    });
  }

  private acknowledge(): void {
    const { names, numsync, flushed, log, world } = this;
    if (names.length === 0) return;
    const far = names.map((name) => flushed.get(name) ?? 0).sort((a, b) => b - a)[numsync - 1] ?? 0;
    for (let place = log.length - 1; place >= 0; place--) {
      const entry = log[place]!;
      if (place >= far) continue;
      if (world.acknowledged.has(entry.id)) break;
      if (entry.term === this.term) world.acknowledge(entry, this);
    }
  }

  promote(): void {
    this.role = "primary";
    this.term = ++this.world.term;
    this.promotedAt = this.now;
    this.flushed.clear();
    this.receiver = undefined;
    this.world.promoted(this);
  }

  /** Takes writes no more; what nobody else has is rewound when it follows somebody. */
  demote(): void {
    this.role = "standby";
    this.host = undefined;
    this.receiver = undefined;
    this.flushed.clear();
  }

  follow(leader: Pod): void {
    const { log } = this;
    let same = 0;
    while (same < log.length && leader.log[same]?.id === log[same]!.id) same++;
    if (same < log.length) {
      this.receiver = undefined;
      log.splice(same);
    }
    this.role = "standby";
    this.host = leader.address;
  }
}
