import { randomUUID } from "node:crypto";
import type { SqlClient } from "./client";

/** What became of the writes. */
export interface Written {
  writes: number;
  longestGapSeconds: number;
  /** When the last one was acknowledged, ms since 1970. */
  lastAt: number;
  /** What the engine's client said. */
  errors: string;
}

/** Writes a row about five times a second, each on a connection of its own, in the client's pod. */
export class SteadyWriter {
  private constructor(
    private readonly client: SqlClient,
    private readonly directory: string,
    private readonly loop: Promise<string>,
  ) {}

  /** @param shell line that runs SQL from its input */
  static async start(client: SqlClient, shell: string): Promise<SteadyWriter> {
    const directory = `/tmp/writer-${randomUUID()}`;
    await client.sh(`mkdir ${directory} && : >${directory}/written`);
    const write = `echo "INSERT INTO words (word) VALUES ('steady')" | ${shell} 2>>${directory}/errors`;
    const loop = client.sh(
      `while [ ! -e ${directory}/stop ]; do ${write} && date +%s%3N >>${directory}/written; sleep 0.2; done`,
    );
    return new SteadyWriter(client, directory, loop);
  }

  /** Stops, and tells how it went. */
  async stop(): Promise<Written> {
    await this.client.sh(`touch ${this.directory}/stop`);
    await this.loop;
    const written = await this.client.sh(`cat ${this.directory}/written`);
    const times = written.split("\n").filter(Boolean).map(Number);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
    return {
      writes: times.length,
      lastAt: times.at(-1) ?? 0,
      longestGapSeconds: Math.max(0, ...gaps) / 1000,
      errors: await this.client.sh(`cat ${this.directory}/errors 2>/dev/null || true`),
    };
  }
}
