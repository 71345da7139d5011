import { Since, type Clock } from "../core/clock";
import type { Supervisor } from "../core/supervisor";
import type { Accounts } from "./accounts";
import type { LocalServer } from "./client";
import type { StartFiles } from "./settings";
import { untilDone } from "../core/until-done";

/** Its name as a step. */
export const OPEN_WAY_IN = "open the way in";

/** How long the server must have refused its agent, ms: another one may be let in still, and is heard of by then. */
const LOCKED_OUT_AFTER = 30_000;

/** How long the server may take to start, and most of the copies of the accounts' table to be up, ms. */
const OPEN_FOR = 300_000;

/** The agents' way into a ring whose data has another password for them than their Secret: the Secret counts. */
export class WayIn {
  private readonly refused: Since;
  private opens = false;

  constructor(
    private readonly parts: {
      server: Pick<LocalServer, "close">;
      supervisor: Pick<Supervisor, "halt" | "order">;
      startFiles: StartFiles;
      accounts: Accounts;
      clock: Clock;
    },
  ) {
    this.refused = new Since(parts.clock);
  }

  /** @param denied - whether the server has just refused its agent. @returns whether it has for long */
  isShut(denied: boolean): boolean {
    return this.refused.measure(denied) >= LOCKED_OUT_AFTER;
  }

  /** Whether the server asks nobody for a password. One that an ended agent has left so is ended. */
  async isOpen(): Promise<boolean> {
    if (this.opens) return true;
    if (!(await this.parts.startFiles.isUnguarded())) return false;
    await this.parts.supervisor.halt();
    return true;
  }

  /** Starts the server so that it asks nobody in the pod, and answers nobody else; makes the agents' password, and ends it again. */
  async open(): Promise<void> {
    const { server, supervisor, startFiles, accounts, clock } = this.parts;
    this.opens = true;
    try {
      await server.close();
      await supervisor.halt();
      await startFiles.unguard();
      await supervisor.order("run");
      await untilDone(() => accounts.restoreAgent(), { clock, within: OPEN_FOR });
    } finally {
      // A server that does not end at once is known by its file.
      this.opens = false;
      await server.close();
      await supervisor.halt();
    }
  }
}
