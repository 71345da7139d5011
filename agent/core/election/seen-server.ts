import { Late, within } from "../clock";
import type { ElectorParts } from "./parts";
import type { ReplicationState } from "./replication";

/** How long the server may take to say what it is, ms. */
const STATE_WITHIN = 1_000;

/** For how long a server that is late with saying what it is counts as what it was, where nothing is lost by that, ms. */
const LATE_FOR = 5_000;

/** The local server, as its agent sees it. */
export class SeenServer {
  private seen: ReplicationState | undefined;
  /** What it was when it last said so, and was only late since. */
  private before: { at: number; state: ReplicationState } | undefined;
  private run: string | undefined;
  /** When it was seen to be cut off, with no step under way that changes that. */
  private cutAt: number | undefined;

  constructor(private readonly parts: Pick<ElectorParts, "replication" | "clock" | "facts" | "within">) {}

  /** What it was last seen to be; `undefined` when it did not say. */
  get state(): ReplicationState | undefined {
    return this.seen;
  }

  /** What it is or, when it is late with saying so, was. A promise binds this agent alone; nothing else is done by it. */
  get lately(): ReplicationState | undefined {
    const { seen, before, parts } = this;
    if (seen || !before || parts.facts().ended) return seen;
    return parts.clock() - before.at < LATE_FOR ? before.state : undefined;
  }

  /** For how long it has been cut off, ms; `undefined` where it is not, or that is not known. */
  get cutFor(): number | undefined {
    const cut = this.seen?.as === "detached" ? this.cutAt : undefined;
    return cut === undefined ? undefined : this.parts.clock() - cut;
  }

  /** Looks at it. @returns whether it was started again since it was last seen */
  async look(): Promise<boolean> {
    const { replication, clock } = this.parts;
    const limited = this.parts.within ?? within;
    const server = await limited(STATE_WITHIN, replication.state()).catch((error: unknown) => {
      // Who does not answer at all may have ended.
      if (!(error instanceof Late)) this.before = undefined;
      return undefined;
    });
    if (server) this.before = { at: clock(), state: server };
    const restarted = server !== undefined && this.run !== undefined && server.run !== this.run;
    if (restarted) this.cutAt = undefined;
    if (server) this.run = server.run;
    if (server?.as === "detached") this.cutAt ??= clock();
    else if (server) this.cutAt = undefined;
    this.seen = server;
    return restarted;
  }

  /** A step begins that ends its being cut off. */
  attaching(): void {
    this.cutAt = undefined;
  }

  /** A step begins that cuts it off: what it was is no answer any more. */
  detaching(): void {
    this.before = undefined;
  }
}
