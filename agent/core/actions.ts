import type { Peer, Reached } from "./engine";
import type { Log } from "./log";
import {
  claim,
  confirm,
  firstMarker,
  released,
  unchosen,
  type MarkerStore,
  type StoredMarker,
} from "./marker";
import type { Member } from "./member";
import { within } from "./clock";
import type { InitialStatements } from "./initial";
import { ordersOf } from "./orders";
import type { Activity, Marker, MemberRecord, Ordinal, Report } from "./types";
import type { Action, SetAside, Start } from "./world";

/** Fields of a record that speak of an earlier membership. */
const FORGET: Partial<MemberRecord> = {
  view: undefined,
  left: undefined,
  unconfirmed: undefined,
  initial: undefined,
  departed: undefined,
};

/** Attempts to write a confirmation that another writer's change got in the way of. */
const ATTEMPTS = 5;

/** How long it holds what was found of a volume's room, ms: every file is looked at for it. */
const ROOM_FRESH = 30_000;

/** What an action is called while it goes on. */
export const ACTIVITY: Record<Exclude<Action["kind"], "wait" | "serve" | "hold">, Activity> = {
  start: "starting",
  bootstrap: "founding",
  join: "joining",
  clone: "cloning",
  "set-aside": "starting",
  enrol: "joining",
  depart: "leaving",
  reset: "leaving",
  yield: "leaving",
  bind: "idle",
  "go-alone": "idle",
  step: "joining",
};

/** What a decision was made from. */
export interface Basis {
  peers: readonly Report[];
  marker: Marker | undefined;
  /** The size of the set, as far as it is known. */
  replicas: number | undefined;
}

/** Carries out decisions. One at a time; each may be cut off at any point and is then decided anew. */
export class Actions {
  private room = { at: -Infinity, needed: 0, free: 0 };

  constructor(
    private readonly member: Member,
    private readonly markers: MarkerStore,
    private readonly peer: (ordinal: Ordinal) => Peer,
    private readonly newCluster: () => string,
    /** The epoch of the routes that are published; 0 if none are. */
    private readonly publishedEpoch: () => Promise<number>,
    private readonly log: Log,
    /** Makes what it begins with, in place of an empty directory; rejects where that did not come about. @default it begins empty */
    private readonly restore?: { run: () => Promise<boolean> },
    /** The SQL that it begins with. @default none */
    private readonly initial?: InitialStatements,
  ) {}

  async run(action: Action, basis: Basis): Promise<void> {
    const { peers } = basis;
    switch (action.kind) {
      case "start":
        await this.start(action, basis);
        return;
      case "bootstrap":
        await this.bootstrap(basis, action.chosen === true);
        return;
      case "bind":
        await this.change((marker) => ({ ...marker, recoverFrom: action.choice }), basis);
        return;
      case "go-alone":
        await this.change((marker) => ({ ...unchosen(marker), alone: true }), basis);
        return;
      case "yield":
        await this.yield(action.to, action.epoch, basis);
        return;
      case "join":
        await this.join(action.from, peers);
        return;
      case "clone":
        await this.clone(action.donor, peers);
        return;
      case "set-aside":
        await this.setAside(action, basis);
        break;
      case "depart":
        await this.depart();
        return;
      case "enrol":
        await this.enrol(basis);
        return;
      case "reset":
        await this.reset(basis);
        return;
      case "step":
        await this.step(action.step, peers);
        return;
      case "wait":
      case "serve":
      case "hold":
    }
  }

  private async start(
    { init, once }: Pick<Start, "init" | "once">,
    { marker, replicas }: Basis,
  ): Promise<void> {
    const { record, engine, supervisor } = this.member;
    const last = marker?.view ?? record.value?.view;
    const cluster = record.value?.cluster ?? marker?.cluster;
    // Written first: whatever an initialisation leaves behind is known to be worthless.
    if (init) {
      await record.update({ ...FORGET, stage: "fresh", epoch: 0, cluster: undefined });
      await supervisor.discardDebris();
    }
    const orders = marker === undefined ? "unknown" : ordersOf(marker);
    await engine.prepareStart({ last, replicas, cluster, begins: init, orders });
    await supervisor.order(once === true ? "once" : init ? "init" : "run");
  }

  /** The engine has made this member one of the running cluster: that is written down. */
  private async enrol({ marker }: Basis): Promise<void> {
    if (!marker) return;
    const { cluster, epoch } = marker;
    await this.member.record.update({ ...FORGET, stage: "member", cluster, epoch });
  }

  private async join(from: readonly Ordinal[], peers: readonly Report[]): Promise<void> {
    const { record, engine } = this.member;
    const { cluster, epoch } = membership(peers, from);
    await record.update({ ...FORGET, stage: "member", cluster, epoch });
    await had(engine.membership, "membership").join(cluster, this.reached(peers, from));
  }

  private async clone(donor: Ordinal, peers: readonly Report[]): Promise<void> {
    const { record, engine } = this.member;
    const { cluster, epoch } = membership(peers, [donor]);
    await record.update({ ...FORGET, stage: "cloning", cluster: undefined, epoch: 0 });
    const [source] = this.reached(peers, [donor]);
    if (source === undefined) throw new Error(`member ${donor} cannot be reached to copy from`);
    await had(engine.copy, "copy").from(source);
    await record.update({ stage: "member", cluster, epoch });
  }

  /** A server that failed may take long to end its membership; a restart ends it at once. */
  private async reset(basis: Basis): Promise<void> {
    await within(this.member.engine.limits.leave, this.giveUp()).catch(async () => {
      await this.member.supervisor.halt();
      await this.start({ init: false }, basis);
    });
    await this.member.record.update({ unconfirmed: undefined });
  }

  /** Ends a membership. Where only the engine could, it would go on as it is, and begins anew when it is started again. */
  private async giveUp(): Promise<void> {
    const { engine, supervisor } = this.member;
    await (engine.membership ? engine.membership.leave() : supervisor.halt());
  }

  /** What only this engine does. */
  private async step(name: string, peers: readonly Report[]): Promise<void> {
    const step = had(this.member.engine.steps?.[name], `step ${name}`);
    await step(
      this.reached(
        peers,
        peers.map(({ ordinal }) => ordinal),
      ),
    );
  }

  /** Gives the right to bootstrap back to the primary that is there without it. */
  private async yield(to: Ordinal, epoch: number, basis: Basis): Promise<void> {
    const { marker } = basis;
    if (!marker) return;
    await this.change((held) => released(held, { cluster: held.cluster, epoch, ordinal: to }), basis);
    await this.giveUp();
    await this.member.record.update({ unconfirmed: undefined });
  }

  /** Changes the marker, unless it is no longer what the decision was made from. */
  private async change(step: (marker: Marker) => Marker | undefined, { marker }: Basis): Promise<void> {
    const stored = await this.markers.read();
    if (!stored || JSON.stringify(stored.marker) !== JSON.stringify(marker)) return;
    const next = step(stored.marker);
    if (next) await this.markers.replace(next, stored.version);
  }

  private reached(peers: readonly Report[], ordinals: readonly Ordinal[]): Reached[] {
    return peers
      .filter((report) => ordinals.includes(report.ordinal))
      .map(({ ordinal, address }) => ({ ...this.peer(ordinal), address }));
  }

  /** Ends what is left of a membership that was handed over. */
  private async depart(): Promise<void> {
    const { record, supervisor } = this.member;
    // First: whoever looks when the server is gone must see that its data counts for nothing, and not start it again.
    await record.update({ ...FORGET, stage: "fresh", epoch: 0, cluster: undefined, departed: true });
    await supervisor.halt();
  }

  private async setAside({ message: reason, only, keep }: SetAside, basis: Basis): Promise<void> {
    const { record, supervisor } = this.member;
    const { stage } = record.value ?? {};
    const worthless = keep !== true && (stage === "fresh" || stage === "cloning");
    if (!worthless) await this.checkRoom();
    await supervisor.halt();
    if (await supervisor.hasData()) {
      if (worthless) await supervisor.discard();
      else this.log("warning", "data set aside", { name: await supervisor.setAside(reason), reason });
    }
    if (only === true) await record.update({ ...FORGET, stage: "fresh", epoch: 0, cluster: undefined });
    else await this.start({ init: true }, basis);
  }

  /** What is set aside stays: the copy must find room beside it. */
  private async checkRoom(): Promise<void> {
    if (performance.now() - this.room.at > ROOM_FRESH) {
      this.room = { at: performance.now(), ...(await this.member.supervisor.shortage()) };
    }
    const { needed, free } = this.room;
    if (free >= needed) return;
    const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
    throw new Error(
      `a copy beside this data takes some ${gibibytes(needed)}, and the volume has ${gibibytes(free)}: let it grow, or ` +
        "remove this data by hand (the directory `data` at the root of the volume)",
    );
  }

  /** Takes the right, bootstraps, has it confirmed, and only then lets clients in. */
  private async bootstrap(basis: Basis, chosen: boolean): Promise<void> {
    const { record, engine, ordinal } = this.member;
    const { replicas } = basis;
    await engine.checkBootstrap?.();
    const held = await this.takeRight(ordinal, basis, chosen);
    if (!held) return;
    const { cluster, epoch, alone = false } = held.marker;
    const fresh = (await this.member.dataState()) !== "data";
    await record.update({ cluster, unconfirmed: epoch, ...(fresh ? { stage: "fresh" as const } : {}) });
    const begun = (await engine.probe()).member === "online";
    if (fresh && (await this.initial?.isInTheWay(begun)) === true) return;
    if (!begun) {
      const restored = fresh && (await this.restore?.run()) === true;
      const orders = ordersOf(held.marker);
      if (restored || orders.follows !== undefined) await this.initial?.skip();
      await engine.bootstrap({ cluster, fresh, replicas, alone, restored, orders });
    }
    const initial = fresh ? await this.initial?.run() : undefined;
    const { view } = await engine.probe();
    if (!(await this.confirmed(epoch, { ...(view ? { view } : {}), ...(initial ? { initial } : {}) }))) {
      this.log(
        "warning",
        "the right to bootstrap the cluster has passed on; giving up what was bootstrapped",
      );
      await this.giveUp();
      await record.update({ unconfirmed: undefined });
      return;
    }
    await record.update({ ...FORGET, stage: "member", cluster, epoch, view });
    if (engine.policy.opensAfterBootstrap(alone, replicas)) await engine.admit();
    this.log("info", "bootstrapped the cluster", { cluster, epoch });
  }

  private async takeRight(
    self: Ordinal,
    { marker: basis, peers }: Basis,
    chosen: boolean,
  ): Promise<StoredMarker | undefined> {
    const stored = await this.markers.read();
    // What has changed since the decision may have changed the decision.
    if (JSON.stringify(stored?.marker) !== JSON.stringify(basis)) return undefined;
    if (!stored) {
      const { cluster = this.newCluster(), epoch = 0 } = this.member.record.value ?? {};
      const before = Math.max(epoch, await this.publishedEpoch());
      const states = [await this.member.dataState(), ...peers.map(({ status }) => status.data)];
      const empty = !states.includes("data");
      const follows = empty ? await this.beginsAsCopy() : this.member.record.value?.follows;
      return await this.markers.create(firstMarker(cluster, self, { before, empty, follows }));
    }
    const { marker, version } = stored;
    const unfinished = marker.phase === "founding" || marker.epoch === this.member.record.value?.unconfirmed;
    if (marker.holder === self && unfinished && marker.recoverFrom === undefined) return stored;
    return await this.markers.replace(claim(marker, self, chosen), version);
  }

  private async beginsAsCopy(): Promise<"source" | undefined> {
    return (await this.member.engine.follow?.wanted()) === true ? "source" : undefined;
  }

  private async confirmed(epoch: number, extra: Pick<Marker, "view" | "initial">): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const stored = await this.markers.read();
      if (!stored) return false;
      const { marker, version } = stored;
      const done =
        marker.phase === "running" && marker.epoch === epoch && marker.holder === this.member.ordinal;
      if (done) return true;
      const next = confirm(marker, this.member.ordinal, epoch, extra);
      if (!next) return false;
      if (await this.markers.replace(next, version)) return true;
    }
    throw new Error("the marker keeps changing");
  }
}

function membership(peers: readonly Report[], from: readonly Ordinal[]): { cluster: string; epoch: number } {
  const record = peers.find((peer) => from.includes(peer.ordinal))?.record;
  if (!record?.cluster) throw new Error("the member to join from has gone");
  return { cluster: record.cluster, epoch: record.epoch };
}

/** What a policy's rules rely on, and its engine must have. */
function had<T>(capability: T | undefined, name: string): T {
  if (capability === undefined) throw new Error(`the engine has no ${name}, which its policy asks for`);
  return capability;
}
