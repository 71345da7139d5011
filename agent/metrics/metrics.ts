import { isExclusive } from "../../components/protocol/topology";
import type { Clock } from "../core/clock";
import type { Agent } from "../core/agent";
import type { Growing } from "../core/growth";
import type { Notices } from "../core/notices";
import { roleFor } from "../core/publish";
import type { ProcessState, Role } from "../core/types";
import type { Tally } from "../core/tally";
import { familiesOf, type Snapshot } from "./families";
import { Sampled } from "./sampled";
import { type Format, textOf } from "./text";

/** What figures are made of. */
export interface MetricsParts {
  engine: string;
  namespace: string;
  database: string;
  pod: string;
  agent: Pick<Agent, "report" | "reason" | "size" | "isReady">;
  notices: Notices;
  tally: Tally;
  /** What was last seen of the volume. */
  room: () => { free: number; size: number } | undefined;
  /** What is known of a volume that grows by itself. @default it does not */
  growing?: () => Growing | undefined;
  /** Looks for data directories that were set aside. */
  countAsides: () => Promise<number>;
  /** When the certificate that is mounted ends, ms since 1970. */
  certificateEnd: () => Promise<number | undefined>;
  /** What stores the log elsewhere. @default nothing does */
  archiving?: { readonly restorable: number | undefined; readonly behind: number | undefined };
  clock: Clock;
  /** Of the machine, ms since 1970. */
  timeOfDay: () => number;
}

/** Between two looks at the volume's directories, and at the certificate's files, ms. */
const [ASIDES_EVERY, CERTIFICATE_EVERY] = [30_000, 60_000];

/** Puts the figures of a member together: from what its agent has seen anyway, so that nothing waits for who asks. */
export class Metrics {
  private promotions = 0;
  private serverStarts = 0;
  private role: Role | undefined;
  private process: ProcessState | undefined;
  private readonly asides: Sampled<number>;
  private readonly certificate: Sampled<number | undefined>;
  private readonly startedAt: number;

  constructor(private readonly parts: MetricsParts) {
    const { countAsides, certificateEnd, clock } = parts;
    this.asides = new Sampled(countAsides, ASIDES_EVERY, clock);
    this.certificate = new Sampled(certificateEnd, CERTIFICATE_EVERY, clock);
    this.startedAt = parts.timeOfDay();
  }

  /** Counts what has changed since the last look. Called after each round of the agent. */
  look(): void {
    this.asides.refresh();
    this.certificate.refresh();
    const { report } = this.parts.agent;
    if (!report) return;
    const role = roleFor(report);
    const { process } = report.status;
    // What it was before the agent began is not known, and nothing that has happened since.
    if (this.role !== undefined && !isExclusive(this.role) && isExclusive(role)) this.promotions++;
    if (this.process === "stopped" && process !== "stopped") this.serverStarts++;
    this.role = role;
    this.process = process;
  }

  render(format: Format): string {
    const { namespace, database, pod } = this.parts;
    return textOf(familiesOf(this.snapshot()), { namespace, database, pod }, format);
  }

  private snapshot(): Snapshot {
    const { engine, agent, notices, tally, room, growing, archiving, timeOfDay } = this.parts;
    const { report } = agent;
    const { user, system } = process.cpuUsage();
    return {
      engine,
      report,
      role: report ? roleFor(report) : "none",
      ready: agent.isReady(),
      reason: agent.reason,
      notices: notices.entries().map(([about, notice]) => ({ about, ...notice })),
      replicas: agent.size,
      volume: room(),
      growing: growing?.(),
      setAside: this.asides.value,
      certificateEnd: this.certificate.value,
      ...(archiving ? { backup: archiving } : {}),
      promotions: this.promotions,
      serverStarts: this.serverStarts,
      tally: tally.entries(),
      now: timeOfDay(),
      process: {
        startedAt: this.startedAt,
        cpuSeconds: (user + system) / 1e6,
        residentBytes: process.memoryUsage.rss(),
      },
    };
  }
}
