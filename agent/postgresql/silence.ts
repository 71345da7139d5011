import { connect } from "node:net";
import type { Clock } from "../core/clock";

/** How long one knock waits, ms. A machine that lives answers in its kernel, however busy its programs are. */
const KNOCK_WITHIN = 1_000;

/** Between two knocks, ms. */
const KNOCK_EVERY = 500;

/** What says that nothing of the pod is there. A connection that is refused was refused by somebody. */
const NOBODY = ["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ETIMEDOUT"];

/** For how long nothing has answered at an address, by one connection after the other. */
export class Silence {
  private address: string | undefined;
  /** When the first of the knocks began that nobody answered. */
  private since: number | undefined;
  private begun: number | undefined;
  private last = -Infinity;

  /** @param knock - whether anything of the machine at an address answers. */
  constructor(
    private readonly clock: Clock,
    private readonly knock: (address: string) => Promise<boolean>,
  ) {}

  /** Knocks, unless a knock is under way. @returns for how long nobody has answered, ms; 0 where somebody has */
  look(address: string): number {
    if (address !== this.address) {
      this.address = address;
      this.since = undefined;
      this.begun = undefined;
      this.last = -Infinity;
    }
    if (this.begun === undefined && this.clock() - this.last >= KNOCK_EVERY) this.begin(address);
    const since = this.since ?? this.begun;
    return since === undefined ? 0 : this.clock() - since;
  }

  private begin(address: string): void {
    const begun = this.clock();
    this.begun = begun;
    this.last = begun;
    void this.knock(address)
      .catch(() => false)
      .then((answered) => {
        if (address !== this.address || this.begun !== begun) return;
        this.begun = undefined;
        if (answered) this.since = undefined;
        else this.since ??= begun;
      });
  }
}

/** Whether anything answers at a port of a pod, if only by refusing. */
export async function knockAt(address: string, port: number, limit = KNOCK_WITHIN): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    };
    // A process that was not let run first takes what has come meanwhile.
    const timer = setTimeout(() => setImmediate(end, false), limit);
    socket.once("connect", () => {
      end(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      end(!NOBODY.includes(error.code ?? ""));
    });
  });
}
