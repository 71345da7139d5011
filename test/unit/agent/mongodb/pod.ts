import { type ProcessReport, Supervisor } from "../../../../agent/core/supervisor";
import type { SimulatedServer } from "../../../fakes/mongodb/network";
import { MemoryRecord } from "../fake";

/** A member's disk and process, and what its agent has for them. */
export class Pod extends Supervisor {
  record = new MemoryRecord(async () => undefined);
  order_: "run" | "init" | "hold" = "hold";
  directory = false;
  stopping = false;
  /** The file with the keys on its volume. */
  keys: string | undefined;
  /** Of the members' Secret, as it has come to this pod. */
  secret = "first";
  /** Counts its agents: what one that has ended still does is done to nobody. */
  generation = 0;

  constructor(readonly server: SimulatedServer) {
    super("/nonexistent/control", "/nonexistent/volume");
  }

  /** What the script in the server's container does. */
  supervise(): void {
    if (this.server.server || this.order_ === "hold") return;
    if (this.order_ === "init") this.directory = true;
    if (this.directory) this.server.start();
  }

  override async order(order: "run" | "init" | "hold"): Promise<void> {
    this.order_ = order;
  }

  override async hasBegun(): Promise<void> {
    if (this.order_ === "init") this.order_ = "run";
  }

  override async report(): Promise<ProcessReport> {
    return { running: this.server.server !== undefined, failures: 0 };
  }

  override async isStopping(): Promise<boolean> {
    return this.stopping;
  }

  override async setStopping(): Promise<void> {
    this.stopping = true;
  }

  override async setAnswered(): Promise<void> {
    return Promise.resolve();
  }

  override async halt(): Promise<void> {
    this.order_ = "hold";
    this.server.crash();
  }

  override async kill(): Promise<void> {
    this.server.crash();
  }

  override async end(): Promise<void> {
    await this.halt();
  }

  override async touch(): Promise<void> {
    return Promise.resolve();
  }

  override async hasData(): Promise<boolean> {
    return this.directory;
  }

  override async isFull(): Promise<boolean> {
    return false;
  }

  override async discardDebris(): Promise<void> {
    return Promise.resolve();
  }

  override async discard(): Promise<void> {
    this.server.loseDisk();
    this.directory = false;
  }

  override async setAside(): Promise<string> {
    await this.discard();
    return "aside";
  }

  override async shortage(): Promise<{ needed: number; free: number }> {
    return { needed: 0, free: 0 };
  }

  override async log(): Promise<string> {
    return "";
  }
}
