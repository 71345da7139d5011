import { isExclusive } from "../../components/protocol/topology";
import { timeOfDay, type Clock } from "../core/clock";
import type { Archive } from "../core/engine";
import { messageOf, type Log } from "../core/log";
import type { Notices } from "../core/notices";
import type { Report } from "../core/types";
import { DueCopies } from "./due-copies";
import { LogRoom } from "./room";
import { sayBackup, type Trouble } from "./say";
import { type Results, sayResults } from "./say-results";
import { beginLife, lastLife, type Life, type Target } from "./life";
import { logFolder } from "./layout";
import type { Lead } from "./lead";
import { LogStoring } from "./store-log";
import type { Wanted } from "./wanted";

/** What logs are stored with. */
export interface ShipperParts {
  archive: Archive;
  /** The set, and this member of it. */
  member: { namespace: string; database: string; ordinal: number };
  /** This member as it was last seen; `undefined` when that is too long ago. */
  look: () => Report | undefined;
  /** Asked before it is said until when all is stored. */
  stillPrimary: () => Promise<boolean>;
  wanted: () => Promise<Wanted | undefined>;
  /** What is free of the volume, and its size, bytes. */
  volume: () => Promise<{ free: number; size: number }>;
  /** What Jobs made of full copies and drills. */
  results: () => Promise<Results>;
  /** Has a full copy made, where none is being made. */
  requestCopy: () => Promise<void>;
  notices: Notices;
  log: Log;
  clock: Clock;
  now?: () => number;
}

/** Between two looks where there is nothing to do, ms. */
const IDLE = 10_000;

/** Between two looks of a replica at what is stored, and at what may be deleted, ms. */
const TIDY_EVERY = 300_000;

/** Between two looks at what Jobs made, ms. */
const RESULTS_EVERY = 30_000;

/**
 * Stores the primary's log, and says until when all is stored. It has a loop of its own: a store that is away, slow or wrong
 * holds up nothing but this.
 */
export class Shipper {
  private lead: Lead | undefined;
  /** What is stored, as a replica last read it. */
  private known: string | undefined;
  private lacking = false;
  private leads = false;
  private settled: number;
  private tidied = -Infinity;
  private trouble: Trouble | undefined;
  /** Since when there is some. */
  private troubledAt = 0;
  private results: Results = {};
  private resultsAt = -Infinity;
  private running: Promise<void> | undefined;
  private readonly now: () => number;
  private readonly storing: LogStoring;
  private readonly dueCopies: DueCopies;
  private readonly room: LogRoom;

  constructor(private readonly parts: ShipperParts) {
    this.now = parts.now ?? timeOfDay;
    this.settled = parts.clock();
    const { archive, member, log, clock } = parts;
    const progressed = (): void => {
      this.settled = clock();
    };
    this.storing = new LogStoring({
      ...{ archive, log, clock, progressed },
      ordinal: member.ordinal,
      now: this.now,
    });
    this.dueCopies = new DueCopies(parts);
    this.room = new LogRoom(parts);
  }

  /** Until when all that was committed is stored, ms since 1970; `undefined` on others than the primary. */
  get restorable(): number | undefined {
    return this.lead?.restorable;
  }

  /** For how long nothing has been stored though there is something to store, ms; `undefined` on others than the primary. */
  get behind(): number | undefined {
    return this.leads ? this.parts.clock() - this.settled : undefined;
  }

  /** Goes round until the process ends. */
  async run(): Promise<never> {
    for (;;) {
      await this.round();
      const pause = await this.pause();
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** One round; none begins while one goes on. Never rejects. */
  async round(): Promise<void> {
    this.running ??= this.goRound().finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  /** Stores what is left when nothing more is committed. Rejects when that does not succeed. */
  async finish(): Promise<void> {
    const wanted = await this.parts.wanted();
    const { lead } = this;
    if (!wanted || !lead) return;
    await this.running;
    if (lead.store !== wanted.store || lead.seal !== wanted.seal)
      throw new Error("the backup's place has changed");
    await this.storing.storeAll(wanted, lead);
    lead.saidAt = -Infinity;
    await this.storing.writeRestorable(wanted, lead);
  }

  private async pause(): Promise<number> {
    const wanted = await this.parts.wanted().catch(() => undefined);
    return wanted ? Math.min(IDLE, wanted.settings.recoveryPointSeconds * 500) : IDLE;
  }

  private async goRound(): Promise<void> {
    const { look, wanted: read } = this.parts;
    const own = look();
    // Nothing more is committed here: what is left is stored at the end.
    if (own?.stopping === true && own.status.member !== "online") return;
    const serving = own?.status.member === "online" && own.status.admitted === true ? own : undefined;
    const leads = isExclusive(serving?.status.role);
    if (!leads) this.rest();
    let wanted: Wanted | undefined;
    try {
      wanted = await read();
      if (serving) await this.serve(wanted, serving);
      this.trouble = undefined;
      if (!wanted) this.rest();
    } catch (error) {
      this.fail(error);
    }
    if (wanted && serving) {
      const archived = this.lead?.archived ?? this.known;
      const storeIsAway = this.trouble !== undefined;
      const percent = wanted.settings.keepLogsPercent;
      await this.room.bound({ archived, storeIsAway, percent }).catch(this.fail);
    }
    if (wanted && leads) await this.readResults();
    this.say(leads, wanted);
  }

  private async serve(wanted: Wanted | undefined, own: Report): Promise<void> {
    const { archive } = this.parts;
    if (!wanted) {
      // Without a backup nobody needs to hear of a server that cannot be asked now: it is asked again.
      await archive.keep(false).catch(() => undefined);
      return;
    }
    await archive.keep(true);
    await (isExclusive(own.status.role) ? this.asPrimary(wanted, own) : this.asReplica(wanted, own));
  }

  /** There is nothing to store here, and nobody is behind. */
  private rest(): void {
    this.lead = undefined;
    this.settled = this.parts.clock();
    this.troubledAt = this.settled;
  }

  /** The primary speaks for all: others store nothing. */
  private say(leads: boolean, wanted: Wanted | undefined): void {
    const { notices, clock } = this.parts;
    this.leads = leads && wanted !== undefined;
    sayBackup(notices, {
      // With nothing to store nobody is behind, and what is wrong with the store would be told by the next loss.
      behind: leads ? Math.max(clock() - this.settled, this.trouble ? clock() - this.troubledAt : 0) : 0,
      now: this.now(),
      trouble: this.trouble,
      gaps: this.lead?.gaps ?? [],
      retention: (wanted?.settings.retentionSeconds ?? 0) * 1000,
    });
    const since = this.lead?.lackingSince;
    sayResults(notices, leads && wanted ? this.results : {}, {
      now: this.now(),
      drillSeconds: wanted?.settings.drillSeconds,
      lackingFor: since === undefined ? 0 : clock() - since,
    });
  }

  /** What the API server does not tell now it told before. */
  private async readResults(): Promise<void> {
    const { results, clock } = this.parts;
    if (clock() - this.resultsAt < RESULTS_EVERY) return;
    this.resultsAt = clock();
    this.results = await results().catch(() => this.results);
  }

  private readonly fail = (error: unknown): void => {
    const text = messageOf(error);
    if (!this.trouble) this.troubledAt = this.parts.clock();
    if (text !== this.trouble?.text) this.parts.log("warning", "the backup does not go on", { error: text });
    this.trouble = { error, text };
  };

  private async asPrimary(wanted: Wanted, own: Report): Promise<void> {
    const { clock } = this.parts;
    const { record, status } = own;
    const cluster = record?.cluster;
    if (cluster === undefined || record?.unconfirmed !== undefined || !status.view) return;
    const { epoch } = record ?? { epoch: 0 };
    const of = JSON.stringify([cluster, epoch, status.view.number]);
    const { store, seal } = wanted;
    const { lead } = this;
    if (lead?.of !== of || lead.store !== store || lead.seal !== seal) {
      this.lead = undefined;
      const life = await this.enter(wanted, cluster);
      if (!life) return;
      const folder = logFolder(life.place, { epoch, view: status.view.number });
      const looks = { saidAt: -Infinity, lookedAt: -Infinity, requestedAt: -Infinity };
      this.lead = { ...life, of, store, seal, folder, ...looks, lackingSince: clock() };
    }
    const now = this.lead;
    if (now === undefined) return;
    await this.storing.storeAll(wanted, now);
    if (await this.parts.stillPrimary()) await this.storing.writeRestorable(wanted, now);
    await this.dueCopies.look(now);
    await this.tidy(now.archived);
  }

  /** Finds the life that the data belongs to: one that has all that is stored. */
  private async enter(wanted: Wanted, cluster: string): Promise<Life | undefined> {
    const { archive, log } = this.parts;
    const target = this.target(wanted, cluster);
    const last = await lastLife(target, archive.positions);
    if (!last) return await beginLife(target, archive, 1);
    // Asked for after what is stored was read: by then it can only be more.
    if (!archive.positions.contains(await archive.position(), last.archived)) {
      // A second look, before a life ends.
      if (!this.lacking) {
        this.lacking = true;
        return undefined;
      }
      this.lacking = false;
      log("warning", "the data lacks what is stored: a new life of the backup begins", {
        life: last.place.life + 1,
      });
      return await beginLife(target, archive, last.place.life + 1);
    }
    this.lacking = false;
    const since = this.now() - wanted.settings.retentionSeconds * 1000;
    return { ...last, gaps: await last.catalogue.ofKind("gap", since) };
  }

  private async asReplica(wanted: Wanted, own: Report): Promise<void> {
    const { archive, clock } = this.parts;
    const cluster = own.record?.cluster;
    if (cluster === undefined || clock() - this.tidied < TIDY_EVERY) return;
    const last = await lastLife(this.target(wanted, cluster), archive.positions);
    this.known = last?.archived ?? "";
    await this.tidy(this.known);
  }

  /** Deletes what is stored and not needed any more. */
  private async tidy(archived: string): Promise<void> {
    const { archive, clock } = this.parts;
    if (clock() - this.tidied < TIDY_EVERY) return;
    this.tidied = clock();
    await archive.expire(archived);
  }

  private target({ store, seal }: Wanted, cluster: string): Target {
    const { namespace, database, ordinal } = this.parts.member;
    return { store, seal, cluster: { namespace, database, cluster }, writer: String(ordinal) };
  }
}
