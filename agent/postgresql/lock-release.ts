import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/clock";
import { messageOf, type Log } from "../core/log";
import { readIfThere } from "../core/record";
import { untilDone } from "../core/until-done";

/** Where the control file has the server's state, and what that is. https://github.com/postgres/postgres/blob/REL_17_STABLE/src/include/catalog/pg_control.h */
const STATE_OFFSET = 16;
const SHUT_DOWN = 1;
const IN_PRODUCTION = 6;

/** Between two looks at the control file, ms. */
const LOOK_EVERY = 20;
/** How long the others may take to hear of the end, which is the last of the log, ms: with all of it nobody has to be rewound. */
const HEARD_WITHIN = 300;
/** Between two tries to give the lock up, ms. */
const TRY_EVERY = 200;
/** For how long it is tried to give the lock up, ms: after 20 s it is nobody's anyway. */
const RELEASED_WITHIN = 20_000;
/** How long a server may take to end, ms: after that Patroni does it in its own time. */
const ENDS_WITHIN = 60_000;

/** What a release works with. */
export interface LockReleaseParts {
  /** The server's data directory. */
  directory: string;
  /** Gives the lock up, if this member has it. */
  release: () => Promise<void>;
  /** Ends what is left of Patroni. */
  endPatroni: () => Promise<void>;
  log: Log;
  clock: Clock;
  /** Lets time pass. @default the machine's */
  pause?: (ms: number) => Promise<unknown>;
}

/**
 * Gives the primary's lock up as soon as its server has ended in good order. Patroni does so as well, but looks at the control file
 * once a second and may sleep for one more (`STOP_POLLING_INTERVAL` and `Ha.shutdown`). The others ask each
 * member before they elect, and one whose Patroni is on its way out takes their connection and says nothing: it is ended too.
 *
 * A server that has ended in good order accepts nothing, and the quorum elects who has every acknowledged commit. Both write the lock
 * only as they read it, so that neither takes it from the next primary.
 */
export class LockRelease {
  constructor(private readonly parts: LockReleaseParts) {}

  /** Waits for the end of a server that is in production, and gives its lock up. Does nothing where it is not, or does not end. */
  async whenShutDown(): Promise<void> {
    const { endPatroni, release, clock, log } = this.parts;
    try {
      if (!(await this.shutsDown())) return;
      if (await this.ends()) await endPatroni();
      // Patroni, which may be gone, would try again as well.
      await untilDone(release, { clock, within: RELEASED_WITHIN, pause: async () => this.pause(TRY_EVERY) });
      log("info", "the server has ended, and the lock is free");
    } catch (error) {
      log("warning", "Patroni has to give the lock up", { error: messageOf(error) });
    }
  }

  private async shutsDown(): Promise<boolean> {
    const { clock } = this.parts;
    if ((await this.state()) !== IN_PRODUCTION) return false;
    const end = clock() + ENDS_WITHIN;
    while ((await this.state()) !== SHUT_DOWN) {
      if (clock() > end) return false;
      await this.pause();
    }
    return true;
  }

  /** The server's first process ends when all that stream from it have all of the log. @returns whether it has ended by now */
  private async ends(): Promise<boolean> {
    const { clock, directory } = this.parts;
    const end = clock() + HEARD_WITHIN;
    while ((await readIfThere(join(directory, "postmaster.pid"))) !== undefined) {
      if (clock() >= end) return false;
      await this.pause();
    }
    return true;
  }

  private async state(): Promise<number | undefined> {
    const file = await open(join(this.parts.directory, "global", "pg_control"));
    try {
      const bytes = Buffer.alloc(4);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, STATE_OFFSET);
      return bytesRead === bytes.length ? bytes.readUInt32LE() : undefined;
    } finally {
      await file.close();
    }
  }

  private async pause(duration = LOOK_EVERY): Promise<void> {
    const { pause } = this.parts;
    await (pause ? pause(duration) : new Promise((resolve) => setTimeout(resolve, duration)));
  }
}
