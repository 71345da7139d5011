import { Late, within } from "./clock";
import type { Engine, ServerStatus } from "./engine";
import type { RecordFile } from "./record";
import type { Supervisor } from "./supervisor";
import type { Activity, DataState, MemberRecord, Ordinal, Refusal, Report } from "./types";

/** How long looking at the volume may take until what was last seen there is taken, ms. */
const LOOK_WITHIN = 1_000;

/** What is seen on the volume. */
interface Disk {
  data: DataState;
  full: boolean;
}

/** This member: its server, its disk and its memory, looked at together. */
export class Member {
  activity: Activity = "idle";
  /** Its server was given up, and is not asked any more. */
  givenUp = false;
  /** What becomes of the server's status where more than the server decides on it. */
  standing: ((status: ServerStatus, record: MemberRecord | undefined) => ServerStatus) | undefined;
  private disk: Disk | undefined;
  private looking: Promise<Disk> | undefined;
  private refused: Refusal | undefined;

  /**
   * @param set - `<namespace>/<name>` of the set.
   */
  constructor(
    private readonly set: string,
    readonly ordinal: Ordinal,
    private readonly address: string,
    readonly engine: Engine,
    readonly supervisor: Supervisor,
    readonly record: RecordFile,
  ) {}

  /** Looks at everything and describes it. */
  async observe(): Promise<Report> {
    const disk = await this.look();
    const process = await this.supervisor.report();
    const plain =
      process.running && !this.givenUp
        ? await this.engine.probe()
        : ({ process: "stopped", member: "offline", role: "none" } as const);
    if (plain.process === "running") await this.supervisor.setAnswered();
    const record = this.record.value;
    const server = this.standing?.(plain, record) ?? plain;
    const refusal = await this.refusal(server, process.failures);
    return {
      set: this.set,
      ordinal: this.ordinal,
      address: this.address,
      status: {
        ...server,
        ...disk,
        failures: process.failures,
        ...(refusal ? { refusal } : {}),
      },
      ...(record ? { record } : {}),
      ...(this.supervisor.lastRoom ? { free: this.supervisor.lastRoom.free } : {}),
      activity: this.activity,
      stopping: await this.supervisor.isStopping(),
    };
  }

  /** Looks at the volume. While that does not answer, what was last seen holds; there is never more than one look. */
  private async look(): Promise<Disk> {
    this.looking ??= this.lookNow().finally(() => {
      this.looking = undefined;
    });
    try {
      this.disk = await within(LOOK_WITHIN, this.looking);
    } catch (error) {
      if (!(error instanceof Late)) throw error;
      if (this.disk === undefined) throw new Error("the volume does not answer");
    }
    return this.disk;
  }

  private async lookNow(): Promise<Disk> {
    await this.absorbDeparture();
    return { data: await this.dataState(), full: await this.supervisor.isFull() };
  }

  /** Why the server does not start, if it does not. */
  private async refusal({ process, member }: ServerStatus, failures: number): Promise<Refusal | undefined> {
    const ended = process === "stopped" && failures > 0;
    const inside = this.engine.restartedBy === "engine" && (process === "starting" || member === "failed");
    if (ended || inside) this.refused = await this.engine.explain(await this.supervisor.log());
    // Between two starts that fail it is still the answer.
    else if (process !== "starting" || failures === 0) this.refused = undefined;
    return this.refused;
  }

  /** What lies on the disk. */
  async dataState(): Promise<DataState> {
    if (!(await this.supervisor.hasData())) return "none";
    const stage = this.record.value?.stage;
    // A data directory without a record was there before the agent was: it is somebody's data.
    return stage === "fresh" || stage === "cloning" ? "fresh" : "data";
  }

  /**
   * The script leaves the file `left` when the server ended in good order, which may have been without
   * the agent's doing: by `SHUTDOWN`, or while the agent was down. It has then left its cluster.
   */
  private async absorbDeparture(): Promise<void> {
    if (!(await this.record.hasDeparture())) return;
    if (this.record.value?.view) await this.record.update({ left: true });
    await this.record.forgetDeparture();
  }
}
