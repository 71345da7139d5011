import { spawn } from "node:child_process";
import { join } from "node:path";
import type { BackupDestination } from "../../components/protocol/backup";
import type { KeySource } from "./store/credentials";

/** How one call of the program ended. */
export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Runs a program to its end. */
export type Run = (args: readonly string[], env: Record<string, string>, cwd?: string) => Promise<Ended>;

/** What a repository of full copies is reached by. */
export interface ResticOptions {
  destination: BackupDestination;
  /** The repository's folder, below the destination's prefix. */
  folder: string;
  /** The database's key, which the repository is encrypted with. */
  key: string;
  /** Keys of the store's account; for a bucket. */
  keys?: KeySource | undefined;
  /** A file with the authority of the store's certificate; for a bucket whose certificate not everybody trusts. */
  ca?: string | undefined;
  /** What is sent in a second at most, KiB. @default no limit */
  kibPerSecond?: number | undefined;
  run: Run;
}

/** A copy that was stored. */
export interface StoredCopy {
  /** By which it is asked for. */
  reference: string;
  /** Of what was copied, bytes. */
  bytes: number;
}

/** How much of what the program said is shown: its last words tell what went wrong. */
const SHOWN = 600;

/**
 * Full copies in a repository of restic: encrypted, and without what is there already. It is asked to store and to give back; what
 * there is, only the catalogue says.
 */
export class Restic {
  constructor(private readonly options: ResticOptions) {}

  /** Makes the repository, where there is none. */
  async prepare(): Promise<void> {
    const there = await this.call(["cat", "config"]);
    if (there.code === 0) return;
    const made = await this.call(["init"]);
    // One that is there and does not open says why itself.
    if (made.code !== 0) throw failed("open its repository", /already/.test(made.err) ? there : made);
  }

  /** Removes locks of calls that were cut off. Only for who knows that there is no other. */
  async unlock(): Promise<void> {
    await this.succeed("remove old locks", ["unlock", "--remove-all"]);
  }

  /** Stores what is in a directory. */
  async store(directory: string, host: string): Promise<StoredCopy> {
    const limit = this.limit("upload");
    // One without a file that it could not read would be no copy: restic ends with 3 then.
    const { out } = await this.succeed(
      "store the copy",
      ["backup", ".", "--json", "--host", host, ...limit],
      directory,
    );
    for (const line of out.trim().split("\n").reverse()) {
      const said = JSON.parse(line) as Record<string, unknown>;
      if (said["message_type"] !== "summary") continue;
      const { snapshot_id: reference, total_bytes_processed: bytes } = said;
      if (typeof reference === "string" && typeof bytes === "number") return { reference, bytes };
    }
    throw new Error("restic ended well, and did not say what it stored");
  }

  /** Puts a copy into a directory, as it was. */
  async restore(reference: string, directory: string): Promise<void> {
    // Without a lock, which who only reads may not delete again; a hold in the catalogue keeps what is read.
    await this.succeed("restore the copy", [
      ...["restore", reference, "--no-lock", "--target", directory],
      ...this.limit("download"),
    ]);
  }

  /** What it calls the copies that it has. */
  async references(): Promise<string[]> {
    const { out } = await this.succeed("list its copies", ["snapshots", "--json"]);
    return (JSON.parse(out) as { id: string }[]).map(({ id }) => id);
  }

  /**
   * Looks through the repository. @param percent how much of its data is read, beside all that tells what there is
   * @returns what is wrong with it, in its own words; nothing where all is well
   */
  async check(percent: number): Promise<string[]> {
    const data =
      percent <= 0 ? [] : percent >= 100 ? ["--read-data"] : [`--read-data-subset=${String(percent)}%`];
    const ended = await this.call(["check", ...data]);
    return ended.code === 0 ? [] : [failed("find its copies in order", ended).message];
  }

  /** Removes copies, and what only they had. */
  async remove(references: readonly string[]): Promise<void> {
    if (references.length === 0) return;
    // Some may have gone in an attempt that was cut off.
    const there = await this.references();
    const found = references.filter((reference) => there.some((id) => id.startsWith(reference)));
    if (found.length > 0) await this.succeed("remove old copies", ["forget", "--prune", ...found]);
  }

  private limit(way: "upload" | "download"): string[] {
    const { kibPerSecond } = this.options;
    return kibPerSecond === undefined ? [] : [`--limit-${way}`, String(kibPerSecond)];
  }

  private async succeed(what: string, args: readonly string[], cwd?: string): Promise<Ended> {
    const ended = await this.call(args, cwd);
    if (ended.code !== 0) throw failed(what, ended);
    return ended;
  }

  private async call(args: readonly string[], cwd?: string): Promise<Ended> {
    const { destination, folder, key, keys, ca, run } = this.options;
    const env: Record<string, string> = { RESTIC_PASSWORD: key, RESTIC_PROGRESS_FPS: "0" };
    if (destination.kind === "s3" && keys) {
      const { accessKeyId, secretAccessKey, sessionToken } = await keys();
      env["AWS_ACCESS_KEY_ID"] = accessKeyId;
      env["AWS_SECRET_ACCESS_KEY"] = secretAccessKey;
      if (sessionToken !== undefined) env["AWS_SESSION_TOKEN"] = sessionToken;
      env["AWS_DEFAULT_REGION"] = destination.region;
    }
    const common = [
      "--repo",
      repositoryAt(destination, folder),
      "--no-cache",
      ...(ca ? ["--cacert", ca] : []),
    ];
    return await run([...common, ...args], env, cwd);
  }
}

/** A repository as restic names it. */
export function repositoryAt(destination: BackupDestination, folder: string): string {
  if (destination.kind === "directory") return join(destination.path, destination.prefix, folder);
  const { endpoint, region, bucket, prefix } = destination;
  const host = endpoint ?? `https://s3.${region}.amazonaws.com`;
  return `s3:${[host, bucket, prefix, folder].filter((part) => part !== "").join("/")}`;
}

function failed(what: string, { code, err, out }: Ended): Error {
  const words = (err.trim() || out.trim()).slice(-SHOWN);
  return new Error(`restic could not ${what} (${code}): ${words}`);
}

/** Runs restic itself. Keys are given as variables: arguments are there for everybody to read. */
export function resticProgram(program: string): Run {
  return async (args, env, cwd) =>
    await new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        env: { PATH: "/usr/bin:/bin", HOME: "/tmp", TMPDIR: "/tmp", ...env },
        stdio: ["ignore", "pipe", "pipe"],
        ...(cwd === undefined ? {} : { cwd }),
      });
      const said = { out: "", err: "" };
      child.stdout.on("data", (part: Buffer) => (said.out = (said.out + part.toString()).slice(-1_000_000)));
      child.stderr.on("data", (part: Buffer) => (said.err = (said.err + part.toString()).slice(-1_000_000)));
      child.on("error", reject);
      child.on("close", (code) => {
        resolve({ code: code ?? -1, ...said });
      });
    });
}
