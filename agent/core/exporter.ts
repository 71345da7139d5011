import { EXPORTER_KEY, EXPORTER_PATH } from "../../components/protocol/exporter";
import { request } from "node:http";
import { join } from "node:path";
import { Background } from "./background";
import { Since, type Clock } from "./clock";
import type { Credentials } from "./credentials";
import type { Notice, Notices } from "./notices";
import { writeWhole } from "./record";

/** Between two attempts with a password that was refused, ms: as short as who asks for figures may find none. */
const TRY_EVERY = 2_000;

/** The same where it has been refused for long, ms: a server may write each into its log. */
const TRY_SELDOM = 60_000;

/** Between two looks whether it answers, ms. */
const LOOK_EVERY = 15_000;

/** How long it may take to answer, ms. */
const ANSWER_WITHIN = 2_000;

/** After this time it is said that something is amiss, ms: longer than a rotation takes, or an image to be pulled. */
const SAID_AFTER = 300_000;

/** How an engine's exporter is told its password, and found. */
export interface ExporterParts {
  credentials: Credentials;
  notices: Notices;
  clock: Clock;
  /** Whether the local server lets it in with a password. Rejects when the server cannot be asked. */
  letsIn: (password: string) => Promise<boolean>;
  /** The file that it reads: its name, and its content. */
  file: { name: string; content: (password: string) => string };
  /** Port that it tells figures on. */
  port: number;
  /** Path of a request by which it reads its file again, where it does so only when told to. @default it reads it for each connection */
  reload?: string;
  /** Directory of that file. @default that of the pod */
  directory?: string;
}

/**
 * Gives the exporter beside the server its password, once the server accepts that: so none is tried that is not in force yet, however late the
 * kubelet brings the Secret. Nothing of the database waits for it; what is amiss becomes a notice.
 */
export class ExporterLogin {
  /** What it has been given. */
  private given: string | undefined;
  /** Whether it may still have the one before. */
  private stale = false;
  private triedAt = -Infinity;
  private lookedAt = -Infinity;
  private answers = true;
  private refusedFor = 0;
  /** For how long it has been refused, and silent. */
  private readonly refused: Since;
  private readonly silent: Since;
  private readonly background = new Background();

  constructor(private readonly parts: ExporterParts) {
    this.refused = new Since(parts.clock);
    this.silent = new Since(parts.clock);
  }

  /** Called often, while the member serves. Returns at once. */
  attend(): void {
    this.background.run(() => this.look());
  }

  /** Does nothing in a pod without an exporter. */
  async look(): Promise<void> {
    const password = await this.parts.credentials.find(EXPORTER_KEY);
    if (password === undefined) return;
    if (password !== this.given) await this.give(password).catch(() => undefined);
    if (this.stale) await this.reload();
    await this.ask();
    this.say(password !== this.given);
  }

  private async give(password: string): Promise<void> {
    const { clock, letsIn, file, directory = EXPORTER_PATH, reload } = this.parts;
    if (clock() - this.triedAt < (this.refusedFor < SAID_AFTER ? TRY_EVERY : TRY_SELDOM)) return;
    this.triedAt = clock();
    if (!(await letsIn(password))) return;
    await writeWhole(join(directory, file.name), file.content(password));
    this.given = password;
    this.stale = reload !== undefined;
  }

  /** One that is about to start may have read the file of before: so until it has answered. */
  private async reload(): Promise<void> {
    const { port, reload } = this.parts;
    if (reload !== undefined && (await answers("POST", port, reload))) this.stale = false;
  }

  private async ask(): Promise<void> {
    const { clock, port } = this.parts;
    if (clock() - this.lookedAt < LOOK_EVERY) return;
    this.lookedAt = clock();
    // Not its figures, for which it would ask the server.
    this.answers = await answers("GET", port, "/");
  }

  private say(lacks: boolean): void {
    const { notices, port } = this.parts;
    this.refusedFor = this.refused.measure(lacks);
    const refused = this.refusedFor >= SAID_AFTER;
    const silent = this.silent.measure(!this.answers) >= SAID_AFTER;
    notices.set("exporter", refused ? REFUSED : silent ? silence(port) : undefined);
  }
}

const REFUSED: Notice = {
  severity: "notice",
  text: "the exporter has no password that the server accepts, and so no figures of it",
  advice:
    "see what else is said of accounts; one that copies another database has the accounts of that (docs/monitoring.md)",
};

function silence(port: number): Notice {
  return {
    severity: "notice",
    text: `the exporter does not answer on port ${port}: nobody has its figures`,
    advice: "look at the log of the pod's container exporter",
  };
}

/** Whether who listens on a port of the pod's takes a request well. */
async function answers(method: string, port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    // A connection that was kept may be to one that has ended.
    const to = { host: "127.0.0.1", port, path, method, timeout: ANSWER_WITHIN, agent: false as const };
    const asked = request(to, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 400);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => {
      resolve(false);
    });
    asked.on("close", () => {
      resolve(false);
    });
    asked.end();
  });
}
