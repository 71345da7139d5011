import { isExclusive } from "../../components/protocol/topology";
import { timeOfDay, type Clock } from "../core/clock";
import type { Archive } from "../core/engine";
import { messageOf, type Log } from "../core/log";
import type { Notices } from "../core/notices";
import type { Report } from "../core/types";
import { sayBackup, type Trouble } from "./say";
import { type Results, sayResults } from "./say-results";
import { beginLife, lastLife, type Life, type Target } from "./life";
import { logFolder } from "./layout";
import { upload } from "./upload";
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

/** At least this often it is written down until when all is stored, ms. */
const SAY_EVERY = 60_000;

/** Between two looks of a replica at what is stored, and at what may be deleted, ms. */
const TIDY_EVERY = 300_000;

/** Between two looks at what Jobs made, and for a copy that is waited for, ms. */
const RESULTS_EVERY = 30_000;

/** Between two requests for a full copy, ms. */
const REQUEST_EVERY = 300_000;

/** For how long a store that was never reached may be away until logs are given up that may be in it, ms. */
const UNKNOWN_FOR = 300_000;

/** So much of the volume stays free while the store is away: a server that cannot write its log takes no writes, or ends. */
const FREE_PERCENT = 5;
/** At least so much, bytes: some files of the log; but of a small volume no more than a tenth. */
const FREE_BYTES = 128 * 1024 * 1024;
const FREE_PERCENT_AT_MOST = 10;

/** How long the server may take to remove what was given up, ms. */
const REMOVED_WITHIN = 90_000;

/** Where this member stores logs as the primary: another place with each bootstrap and each change of primary. */
interface Lead extends Life {
  /** Cluster, epoch and view. */
  of: string;
  /** The store and the key that it is stored with: with others, all is looked for anew. */
  store: Wanted["store"];
  seal: Wanted["seal"];
  folder: string;
  saidAt: number;
  /** Since when what is stored cannot be restored for want of a full copy; `undefined` while it can. */
  lackingSince: number | undefined;
  lookedAt: number;
  requestedAt: number;
}

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
  private readonly began: number;
  private settled: number;
  private tidied = -Infinity;
  private trouble: Trouble | undefined;
  /** Since when there is some. */
  private troubledAt = 0;
  /** What was given up for want of room, and until when the server may not have removed it. */
  private freeing = { bytes: 0, until: -Infinity };
  private results: Results = {};
  private resultsAt = -Infinity;
  private running: Promise<void> | undefined;
  private readonly now: () => number;

  constructor(private readonly parts: ShipperParts) {
    this.now = parts.now ?? timeOfDay;
    this.began = parts.clock();
    this.settled = this.began;
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
    await this.ship(wanted, lead);
    lead.saidAt = -Infinity;
    await this.writeRestorable(wanted, lead);
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
    if (wanted && serving) await this.bound(wanted).catch(this.fail);
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
    await this.ship(wanted, now);
    if (await this.parts.stillPrimary()) await this.writeRestorable(wanted, now);
    await this.lookForBases(now);
    await this.tidy(now.archived);
  }

  /** What is stored can be restored once there is a copy in this life, and after a gap one that has what was before it. */
  private async lookForBases(lead: Lead): Promise<void> {
    const { archive, clock, requestCopy, log } = this.parts;
    const { catalogue, gaps } = lead;
    const waiting = lead.lackingSince !== undefined;
    if (clock() - lead.lookedAt < (waiting ? RESULTS_EVERY : TIDY_EVERY)) return;
    lead.lookedAt = clock();
    if (waiting || gaps.some(({ based }) => based !== true)) {
      const bases = await catalogue.ofKind("base", 0);
      const { contains } = archive.positions;
      for (const gap of gaps) gap.based = bases.some(({ position }) => contains(position, gap.after));
      const lacks = bases.length === 0 || gaps.some(({ based }) => based !== true);
      lead.lackingSince = lacks ? (lead.lackingSince ?? clock()) : undefined;
    }
    if (lead.lackingSince === undefined || clock() - lead.requestedAt < REQUEST_EVERY) return;
    lead.requestedAt = clock();
    log("info", "a full copy is due, and asked for");
    // That nobody makes one is said where none comes.
    await requestCopy().catch((error: unknown) => {
      log("warning", "a full copy cannot be asked for", { error: messageOf(error) });
    });
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

  /** Stores all that is committed now. */
  private async ship(wanted: Wanted, lead: Lead): Promise<void> {
    const { archive, clock, member } = this.parts;
    const { contains, unite } = archive.positions;
    const moment = this.now();
    await archive.acknowledge?.(lead.archived);
    const position = await archive.position();
    while (!contains(lead.archived, position)) {
      const next = await archive.next(lead.archived, lead.stored);
      if (!next) throw new Error("transactions are committed that are in no log");
      if ("hole" in next) {
        await this.writeGap(lead, next.after, next.until);
        continue;
      }
      const piece = await upload(wanted, archive, next, lead.folder, String(member.ordinal));
      const archived = unite(lead.archived, next.after);
      await lead.catalogue.write({ ...piece, archived });
      lead.archived = archived;
      await archive.acknowledge?.(archived);
      lead.stored = [next, ...lead.stored.filter((one) => one.file === next.file)].slice(0, 2);
      // It goes on, however much there is.
      this.settled = clock();
    }
    lead.restorable = moment;
    this.settled = clock();
  }

  private async writeRestorable({ settings }: Wanted, lead: Lead): Promise<void> {
    const { clock } = this.parts;
    if (lead.restorable === undefined) return;
    const every = Math.min(SAY_EVERY, settings.recoveryPointSeconds * 1000 * 6);
    if (clock() - lead.saidAt < every) return;
    const { archived, restorable: until } = lead;
    await lead.catalogue.write({ kind: "restorable", until, position: archived, archived });
    lead.saidAt = clock();
    await lead.catalogue.foldOwn();
  }

  /** Written down before the log goes on: what is not known to be missing would be missing without a word. */
  private async writeGap(lead: Lead, after: string, until: number): Promise<void> {
    const why = "logs were given up, or lost, before they were stored";
    const before = lead.archived;
    const gap = { kind: "gap", before, after, from: lead.restorable ?? until, to: until, why } as const;
    await lead.catalogue.write(gap);
    const archived = this.parts.archive.positions.unite(before, after);
    await lead.catalogue.write({ kind: "start", why: "gap", position: after, archived });
    lead.archived = archived;
    lead.gaps.push({ ...gap, name: "", at: this.now() });
    lead.lookedAt = -Infinity;
    this.parts.log("warning", "the backup has a gap", { from: gap.from, to: gap.to });
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

  /** Keeps logs that are not stored from taking the whole volume, or, where other data has most of it, the last of it. */
  private async bound({ settings }: Wanted): Promise<void> {
    const { archive, volume, clock, log } = this.parts;
    const archived = this.lead?.archived ?? this.known;
    if (archived === undefined && clock() - this.began < UNKNOWN_FOR) return;
    const room = async (): Promise<number> => (await volume()).free + ((await archive.spare?.()) ?? 0);
    const { size } = await volume();
    const free = await room();
    const backlog = await archive.backlog(archived ?? "");
    const lacking = this.lacks(free, size);
    const most = Math.min((size * settings.keepLogsPercent) / 100, Math.max(0, backlog - lacking));
    if (backlog <= most || !(await archive.release(archived ?? "", most))) return;
    if (lacking > 0) {
      await archive.remove?.();
      const freed = (await room()) - free;
      this.freeing = { bytes: Math.max(0, lacking - freed), until: clock() + REMOVED_WITHIN };
    }
    const why = lacking > 0 ? "the volume is nearly full" : "they took too much of the volume";
    log("warning", `logs were given up that are not stored, since ${why}`, {
      percent: settings.keepLogsPercent,
      free,
    });
  }

  /** What lacks of the room that a server needs, bytes; nothing while the store takes what it is given. */
  private lacks(free: number, size: number): number {
    if (this.trouble === undefined) return 0;
    const freeing = this.parts.clock() < this.freeing.until ? this.freeing.bytes : 0;
    const least = Math.min(FREE_BYTES, (size * FREE_PERCENT_AT_MOST) / 100);
    return Math.max(0, Math.max((size * FREE_PERCENT) / 100, least) - free - freeing);
  }

  private target({ store, seal }: Wanted, cluster: string): Target {
    const { namespace, database, ordinal } = this.parts.member;
    return { store, seal, cluster: { namespace, database, cluster }, writer: String(ordinal) };
  }
}
