import { createHash } from "node:crypto";
import { INITIAL_FILE } from "../../components/protocol/initial";
import type { Clock } from "./clock";
import type { Credentials } from "./credentials";
import type { Engine } from "./engine";
import { type Log, messageOf } from "./log";
import type { Notices } from "./notices";
import type { RecordFile } from "./record";
import type { Supervisor } from "./supervisor";
import type { Marker } from "./types";

/** Until the same statements are tried again after they failed, ms: what they lack may have come, such as room. */
const TRY_AGAIN = 60_000;

/** Until it is looked again whether they have been corrected, ms. */
const LOOK_EVERY = 1_000;

/** What notices of it are about. */
const ABOUT = "initial statements";

/** What this is made of. */
export interface InitialParts {
  credentials: Pick<Credentials, "find">;
  record: Pick<RecordFile, "value" | "update">;
  supervisor: Pick<Supervisor, "halt" | "discard">;
  engine: Pick<Engine, "initialize">;
  notices: Notices;
  clock: Clock;
  /** Returns after so many ms. */
  sleep: (duration: number) => Promise<void>;
  log: Log;
}

/** What a stack asks for. */
interface Wanted {
  statements: readonly string[];
  /** Stands for them; `undefined` where there are none. */
  digest: string | undefined;
}

/**
 * The SQL that a database begins with, an operator's `initSql`: run once, in an empty database that nobody has been let into.
 *
 * It is a part of the bootstrap. Where it fails, or is cut off, there is no database yet: what it left is thrown away, and the bootstrap
 * begins again with an empty disk, so that nothing ever has half of it, and no statement need be written to be run twice.
 */
export class InitialStatements {
  private failed: { digest: string | undefined; at: number } | undefined;

  constructor(private readonly parts: InitialParts) {}

  /**
   * Whether an earlier try left something of its own on a disk that is to be empty. It is gone when this returns, and the bootstrap is to
   * be decided anew.
   *
   * @param online - whether what that try bootstrapped still runs.
   */
  async isInTheWay(online: boolean): Promise<boolean> {
    const { record, supervisor, log } = this.parts;
    const initial = record.value?.initial;
    const left = initial === "begun" || (initial === "done" && !online);
    if (!left) return false;
    await this.untilWorthATry();
    log("warning", "what initial statements left is thrown away, and the bootstrap begins again");
    await supervisor.halt();
    await supervisor.discard();
    await record.update({ initial: undefined });
    return true;
  }

  /** The same statements fail the same way, until something else has changed. */
  private async untilWorthATry(): Promise<void> {
    const { clock, sleep } = this.parts;
    const { failed } = this;
    if (failed === undefined) return;
    while (clock() - failed.at < TRY_AGAIN && (await this.wanted()).digest === failed.digest)
      await sleep(LOOK_EVERY);
  }

  /** Has nothing run: the data is another database's, which had its own beginning. */
  async skip(): Promise<void> {
    await this.parts.record.update({ initial: "none" });
  }

  /**
   * Runs them, unless they have been.
   *
   * @returns what stands for them in the marker
   * @throws Error of the server, when one fails
   */
  async run(): Promise<string | undefined> {
    const { record, engine, notices, clock } = this.parts;
    const { statements, digest } = await this.wanted();
    const { initial } = record.value ?? {};
    if (initial === "done" || initial === "none" || digest === undefined) return digest;
    if (engine.initialize === undefined) throw new Error("the engine runs no initial statements");
    await record.update({ initial: "begun" });
    try {
      await engine.initialize(statements);
    } catch (error) {
      this.failed = { digest, at: clock() };
      notices.set(ABOUT, {
        severity: "problem",
        text: `the database is not made, since its first SQL fails: ${messageOf(error)}`,
        advice: "correct `initSql` and deploy again; it then begins anew, and nothing of this try stays",
      });
      throw error;
    }
    await record.update({ initial: "done" });
    notices.set(ABOUT, undefined);
    return digest;
  }

  /**
   * Says where the stack asks for other statements than the database was made with: they are not run.
   *
   * @param leads - whether this member is the primary, which says it for all.
   */
  async look(marker: Marker | undefined, leads: boolean): Promise<void> {
    if (marker?.phase !== "running") return;
    const digest = leads ? (await this.wanted()).digest : undefined;
    const ignored = digest !== undefined && digest !== marker.initial;
    this.parts.notices.set(
      ABOUT,
      ignored
        ? {
            severity: "notice",
            text: "`initSql` is not what the database was made with, and is not run: that happens once, when it is made",
            advice: "change the schema by a migration of the application, and `initSql` back, or remove it",
          }
        : undefined,
    );
  }

  private async wanted(): Promise<Wanted> {
    const text = await this.parts.credentials.find(INITIAL_FILE);
    const statements = text === undefined ? [] : (JSON.parse(text) as string[]);
    if (statements.length === 0) return { statements, digest: undefined };
    const digest = createHash("sha256").update(JSON.stringify(statements)).digest("hex").slice(0, 16);
    return { statements, digest };
  }
}
