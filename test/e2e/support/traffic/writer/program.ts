import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MAIN } from "../attempts";
import { Addresses } from "./addresses";
import { attempt } from "./attempt";
import type { Target, WriterClient } from "./client";
import {
  CONFIG_FILE,
  type Course,
  PASSWORD_VARIABLE,
  SIDE_VARIABLE,
  USER_VARIABLE,
  type WriterConfig,
} from "./config";

/** What an engine makes its client of. */
export interface Login {
  user: string;
  password: string;
  database: string;
  /** Names what the rows go to. */
  run: string;
}

/**
 * The program of a writer's pod: writes until it is ended and logs each attempt on its output. With an argument it
 * does one thing and ends: `prepare` makes the table, `drop` drops it, `ids THROUGH [RUN]` prints the ids that a server has.
 */
export async function runWriter(connect: (login: Login) => WriterClient): Promise<void> {
  const config = readConfig();
  const { courses, run } = config;
  const [task, through = "", ofRun = run] = process.argv.slice(2);
  const client = connect({ ...login(config), run: ofRun });
  if (task === undefined) {
    const addresses = new Addresses();
    addresses.follow(courses.map(({ host }) => host));
    setTimeout(() => process.exit(0), config.atMostSeconds * 1000);
    for (const course of courses) write(client, addresses, course, config);
    return;
  }
  const target = await targetThrough(config, through);
  if (task === "prepare") await client.prepare(target);
  else if (task === "drop") await client.drop?.(target);
  else process.stdout.write(`${JSON.stringify(await client.ids(target))}\n`);
}

/** What the pod is to do. */
export function readConfig(): WriterConfig {
  return JSON.parse(readFileSync(join(__dirname, CONFIG_FILE), "utf8")) as WriterConfig;
}

export function login({ run, database }: WriterConfig): Login {
  return { user: variable(USER_VARIABLE), password: variable(PASSWORD_VARIABLE), database, run };
}

/** The server that a name leads to now. */
export async function targetThrough({ courses }: WriterConfig, through: string): Promise<Target> {
  const course = courses.find((one) => one.through === through);
  if (course === undefined) throw new Error(`no way through ${through}`);
  const addresses = new Addresses();
  await addresses.ask(course.host);
  return { host: addresses.of(course.host), port: course.port, alone: through !== MAIN };
}

/** Begins an attempt at each beat, whether or not those before it have ended: none lasts longer than its time-out. */
function write(
  client: WriterClient,
  addresses: Addresses,
  { through, host, port, everyMs }: Course,
  { run, attemptTimeoutMs }: WriterConfig,
): void {
  const side = variable(SIDE_VARIABLE);
  let count = 0;
  setInterval(() => {
    const id = `${run}-${side}-${through}-${++count}`;
    void attempt(
      { id, side, through },
      async (signal) => client.write({ host: addresses.of(host), port, alone: through !== MAIN }, id, signal),
      attemptTimeoutMs,
    ).then((done) => process.stdout.write(`${JSON.stringify(done)}\n`));
  }, everyMs);
}

export function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}
