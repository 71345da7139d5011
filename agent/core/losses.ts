import { JOIN_UNREPAIRED } from "../../components/protocol/annotations";
import { FEWEST_IN_RING } from "../../components/protocol/members";
import { Background } from "./background";
import type { Clock } from "./clock";
import type { Repair } from "./engine";
import { messageOf, type Log } from "./log";
import type { Notices } from "./notices";
import type { EngineStatus, Ordinal, Report } from "./types";
import { markerOf, wait, type Action, type World } from "./world";

/** After a repair that failed, ms: what was in its way may be gone. */
const AGAIN_AFTER = 10_000;

const NOTICE = "repair before a replacement";

/** What a repair before a replacement works with. */
export interface LossesParts {
  self: Ordinal;
  repair: Repair;
  notices: Notices;
  log: Log;
  clock: Clock;
  /** Makes what no other call makes. */
  identity: () => string;
}

/**
 * Has the members of a ring compare what they hold before one whose disk was lost takes its place again.
 *
 * What that one acknowledged together with another one may still have been on its way to the third: it is on one disk then, and who
 * replaces the lost member has its rows streamed from any of the others. With the copies compared before, each of them has it.
 *
 * A lost member says that its disk is empty by a word that stands for this loss, its vacancy; the others say of which vacancies they have
 * compared theirs since.
 */
export class Losses {
  private vacancy: string | undefined;
  private readonly repaired = new Map<Ordinal, string>();
  /** Others' vacancies, and since when they have been known. */
  private readonly known = new Map<Ordinal, { vacancy: string; at: number }>();
  private readonly repairing: Background;
  private failedAt = -Infinity;

  constructor(private readonly parts: LossesParts) {
    this.repairing = new Background((error) => {
      parts.log("warning", "could not compare copies, trying again", { error });
    });
  }

  /** What the member's report says of this. A vacancy ends when its member is one again: until then it acknowledged nothing. */
  marks({ process, data, member }: EngineStatus): Pick<Report, "vacancy" | "repaired"> {
    if (member === "online") this.vacancy = undefined;
    else if (process === "stopped" && data === "none")
      this.vacancy ??= `${this.parts.self}-${this.parts.identity()}`;
    return {
      ...(this.vacancy === undefined ? {} : { vacancy: this.vacancy }),
      ...(this.repaired.size === 0 ? {} : { repaired: [...this.repaired.values()] }),
    };
  }

  /** @param peers - the other members that answered just now. */
  look(own: Report, peers: readonly Report[]): void {
    const { self, notices, clock } = this.parts;
    this.learn(peers);
    const due = own.stopping ? [] : dueTo(self, own.status, peers).filter((one) => !this.has(one));
    if (due.length === 0 && !this.repairing.busy) notices.set(NOTICE, undefined);
    if (clock() - this.failedAt < AGAIN_AFTER || !due.some((one) => this.isSettled(one))) return;
    this.repairing.run(() => this.repair(due));
  }

  private learn(peers: readonly Report[]): void {
    for (const { ordinal, vacancy } of peers) {
      if (vacancy === undefined) {
        this.repaired.delete(ordinal);
        this.known.delete(ordinal);
      } else if (this.known.get(ordinal)?.vacancy !== vacancy) {
        this.known.set(ordinal, { vacancy, at: this.parts.clock() });
      }
    }
  }

  private isSettled({ ordinal }: Report): boolean {
    const { clock, repair } = this.parts;
    return clock() - (this.known.get(ordinal)?.at ?? Infinity) >= repair.awayAfter;
  }

  private has({ ordinal, vacancy }: Report): boolean {
    return this.repaired.get(ordinal) === vacancy;
  }

  private async repair(due: readonly Report[]): Promise<void> {
    const { repair, notices, log, clock } = this.parts;
    const lost = due.map(({ ordinal }) => ordinal).join(", ");
    log("info", "comparing copies with the others, before a lost member takes its place", { lost });
    try {
      await repair.run();
      for (const { ordinal, vacancy } of due) if (vacancy !== undefined) this.repaired.set(ordinal, vacancy);
      log("info", "compared copies with the others", { lost });
    } catch (error) {
      this.failedAt = clock();
      const why = messageOf(error);
      notices.set(NOTICE, {
        severity: "problem",
        text: `member ${lost}, whose disk was lost, waits for a repair, which does not succeed: ${why}`,
        advice: "see the server's log; it is tried again and again",
      });
      throw error;
    }
  }
}

/** Members with a lost disk, for whose sake this one is to compare its copies with the others' now. */
function dueTo(self: Ordinal, { member, view }: EngineStatus, peers: readonly Report[]): Report[] {
  if (member !== "online" || view === undefined) return [];
  const vacant = peers.filter(({ vacancy }) => vacancy !== undefined);
  const lost = vacant.filter(({ ordinal, status }) => {
    return status.process === "stopped" && view.members.includes(ordinal) && !view.online.includes(ordinal);
  });
  // A copy that is not there cannot be compared.
  const isLost = (ordinal: Ordinal): boolean => vacant.some((report) => report.ordinal === ordinal);
  if (!view.members.every((ordinal) => view.online.includes(ordinal) || isLost(ordinal))) return [];
  const ahead = view.online.filter((ordinal) => ordinal < self);
  if (isSharedByAll(view.members.length)) return ahead.length === 0 ? lost : [];
  // One after the other: each reads all that it holds.
  return lost.filter(({ vacancy = "" }) =>
    ahead.every((one) =>
      peers.some(({ ordinal, repaired }) => ordinal === one && repaired?.includes(vacancy)),
    ),
  );
}

/** In the smallest rings each member has a copy of every row: where one has compared its own, all have. */
function isSharedByAll(members: number): boolean {
  return members <= FEWEST_IN_RING;
}

/** Whose disk was lost waits until the others have compared theirs; by an operator's word it does not. */
export function awaitRepair(world: World): Action | undefined {
  const { self, own, peers } = world;
  const { vacancy } = own;
  const counting = peers.filter(
    ({ status }) => status.member === "online" && status.view?.members.includes(self) === true,
  );
  // One that was in no ring has nothing to replace.
  if (vacancy === undefined || counting.length === 0) return undefined;
  if (markerOf(world)?.joinUnrepaired === vacancy) return undefined;
  const members = new Set([self, ...counting.flatMap(({ status }) => status.view?.members ?? [])]);
  const others = [...members].filter(
    (one) =>
      one !== self && !peers.some(({ ordinal, vacancy: lost }) => ordinal === one && lost !== undefined),
  );
  const away = others.filter((one) => !counting.some(({ ordinal }) => ordinal === one));
  const unless = `to let it join without: ${JOIN_UNREPAIRED}=${vacancy} on the marker`;
  if (away.length > 0) {
    return wait(
      "WaitsForRepair",
      `the others compare their copies before this member takes its place, and member ${away.join(", ")} is away: it may alone have what ` +
        `the lost disk had (${unless})`,
    );
  }
  const done = (one: Ordinal): boolean =>
    counting.some(({ ordinal, repaired }) => ordinal === one && repaired?.includes(vacancy) === true);
  if (isSharedByAll(members.size) ? others.some(done) : others.every(done)) return undefined;
  return wait(
    "WaitsForRepair",
    `the others compare their copies before this member takes its place (${unless})`,
  );
}
