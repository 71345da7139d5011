import { asAdministrator, type Row } from "./sql";

/** How often the log's directory is looked at, ms. */
const LOOK_EVERY = 5_000;

/** The first of the log's files that are there, less its timeline, and the size of each in bytes. */
const FIRST_FILE = `
  SELECT min(substr(name, 9) COLLATE "C") AS file,
         (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size') AS size
  FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'`;

/** What of its log a server still has. A replica that lacks more can only be copied anew. */
export class KeptLog {
  private seen: { at: number; from: number | undefined } = { at: -Infinity, from: undefined };

  constructor(private readonly look: () => Promise<Row | undefined> = lookAtServer) {}

  /** The first byte of the log that is there; `undefined` when that cannot be known. */
  async from(): Promise<number | undefined> {
    if (performance.now() - this.seen.at < LOOK_EVERY) return this.seen.from;
    const from = await this.look().then(firstByte, () => undefined);
    this.seen = { at: performance.now(), from };
    return from;
  }
}

async function lookAtServer(): Promise<Row | undefined> {
  return asAdministrator("postgres", async (run) => (await run(FIRST_FILE))[0]);
}

/** A file's name has its place in the log in two numbers: which 4 GiB, and which file of them. */
function firstByte(row: Row | undefined): number | undefined {
  const [file, size] = [row?.["file"], Number(row?.["size"])];
  if (typeof file !== "string" || file.length !== 16 || !Number.isInteger(size)) return undefined;
  return parseInt(file.slice(0, 8), 16) * 2 ** 32 + parseInt(file.slice(8), 16) * size;
}
