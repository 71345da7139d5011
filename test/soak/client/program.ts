import { Addresses } from "../../e2e/support/traffic/writer/addresses";
import type { WriterClient } from "../../e2e/support/traffic/writer/client";
import { type Course, SIDE_VARIABLE, type WriterConfig } from "../../e2e/support/traffic/writer/config";
import {
  login,
  type Login,
  readConfig,
  runWriter,
  targetThrough,
  variable,
} from "../../e2e/support/traffic/writer/program";
import { MAIN } from "../../e2e/support/traffic/attempts";
import type { Isolation, SoakClient } from "./session";
import { Worker } from "./worker";
import { readAll, workOnLists, workOnLoads, workOnRegisters, type Workload } from "./workload";

/** Workers of each kind on each side. */
const REGISTER_WORKERS = 1;
const LIST_WORKERS = 1;

/**
 * The program of a client's pod: does all that a writer does, and works on registers, lists and many rows beside it.
 * With an argument it does one thing and ends: `read-all KEYS` reads what has those names and logs it as the workers
 * do, `count-rows THROUGH PREFIX` prints how many rows a server has under each name; the others are the writer's.
 */
export async function runSoakClient(
  connect: (login: Login) => SoakClient,
  connectWriter: (login: Login) => WriterClient,
): Promise<void> {
  const config = readConfig() as WriterConfig & { workload: Workload };
  const client = connect(login(config));
  const [task, ...args] = process.argv.slice(2);
  switch (task) {
    case undefined:
      await runWriter(connectWriter);
      startWorkers(config, client);
      return;
    case "prepare":
      await client.prepare(await targetThrough(config, MAIN));
      await runWriter(connectWriter);
      return;
    case "read-all": {
      const keys = JSON.parse(args[0] ?? "") as { registers: string[]; lists: string[] };
      const { host, port } = await targetThrough(config, MAIN);
      const course = { through: MAIN, host, port, everyMs: 0 };
      const worker = (name: string, isolation: Isolation): Worker =>
        workerOf(client, new Addresses(), course, name, isolation);
      const row = `${config.workload.round}/last`;
      await readAll(
        worker("last-registers", "read committed"),
        worker("last-lists", "serializable"),
        keys,
        row,
      );
      process.exit(0);
      break;
    }
    case "count-rows": {
      const [through = "", prefix = ""] = args;
      const target = await targetThrough(config, through);
      const session = await client.open(target, "read committed", AbortSignal.timeout(60_000));
      process.stdout.write(`${JSON.stringify(await session.countRows(prefix))}\n`);
      process.exit(0);
      break;
    }
    default:
      await runWriter(connectWriter);
  }
}

function startWorkers(
  { courses, workload }: WriterConfig & { workload: Workload },
  client: SoakClient,
): void {
  const course = courses.find(({ through }) => through === MAIN);
  if (course === undefined) throw new Error("no way to the name for writes");
  const addresses = new Addresses();
  addresses.follow([course.host]);
  const start = (
    name: string,
    isolation: Isolation,
    work: (worker: Worker, name: string, workload: Workload) => Promise<never>,
  ): void => {
    void work(
      workerOf(client, addresses, course, name, isolation),
      `${variable(SIDE_VARIABLE)}/${name}`,
      workload,
    );
  };
  for (let number = 1; number <= REGISTER_WORKERS; number++)
    start(`register-${number}`, "read committed", workOnRegisters);
  for (let number = 1; number <= LIST_WORKERS; number++) start(`list-${number}`, "serializable", workOnLists);
  start("load", "read committed", workOnLoads);
}

function workerOf(
  client: SoakClient,
  addresses: Addresses,
  { host, port }: Course,
  name: string,
  isolation: Isolation,
): Worker {
  return new Worker({
    client,
    target: () => ({ host: addresses.of(host), port }),
    side: variable(SIDE_VARIABLE),
    name,
    isolation,
    log: (line) => process.stdout.write(`${line}\n`),
  });
}
