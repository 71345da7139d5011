import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Addresses } from "./addresses";
import { attempt } from "./attempt";
import type { WriterClient } from "./client";
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
 * does one thing and ends: `prepare` makes the table, `ids THROUGH` prints the ids that a server has.
 */
export async function runWriter(connect: (login: Login) => WriterClient): Promise<void> {
  const config = JSON.parse(readFileSync(join(__dirname, CONFIG_FILE), "utf8")) as WriterConfig;
  const { courses, run, database } = config;
  const [user, password] = [variable(USER_VARIABLE), variable(PASSWORD_VARIABLE)];
  const client = connect({ user, password, database, run });
  const [task, through] = process.argv.slice(2);
  const addresses = new Addresses();
  if (task === undefined) {
    addresses.follow(courses.map(({ host }) => host));
    setTimeout(() => process.exit(0), config.atMostSeconds * 1000);
    for (const course of courses) write(client, addresses, course, run);
    return;
  }
  const course = courses.find((one) => one.through === through);
  if (course === undefined) throw new Error(`no way through ${String(through)}`);
  await addresses.ask(course.host);
  const target = { host: addresses.of(course.host), port: course.port };
  if (task === "prepare") await client.prepare(target);
  else process.stdout.write(`${JSON.stringify(await client.ids(target))}\n`);
}

/** Begins an attempt at each beat, whether or not those before it have ended: none lasts longer than its time-out. */
function write(
  client: WriterClient,
  addresses: Addresses,
  { through, host, port, everyMs }: Course,
  run: string,
): void {
  const side = variable(SIDE_VARIABLE);
  let count = 0;
  setInterval(() => {
    const id = `${run}-${side}-${through}-${++count}`;
    void attempt({ id, side, through }, async (signal) =>
      client.write({ host: addresses.of(host), port }, id, signal),
    ).then((done) => process.stdout.write(`${JSON.stringify(done)}\n`));
  }, everyMs);
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}
