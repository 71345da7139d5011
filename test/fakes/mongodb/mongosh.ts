/**
 * A program in the place of MongoDB's shell: it runs the text of `--eval` as that does, in which `connect`, `db` and `print` are known. What is
 * asked of a server is waited for, so that statements stand as in any script.
 * https://www.mongodb.com/docs/mongodb-shell/reference/options/
 */
import { createContext, Script } from "node:vm";
import {
  isMainThread,
  MessageChannel,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import { EJSON } from "bson";
import { MongoClient } from "mongodb";

/** A call of the driver: of a collection's method, or a command. */
interface Call {
  uri: string;
  collection?: string;
  method: string;
  arguments: unknown[];
  port: MessagePort;
  done: Int32Array;
}

type Collection = Record<string, (...given: unknown[]) => unknown>;

let client: MongoClient | undefined;

/** What a call comes to, as text: what it returns, or its error. */
async function carriedOut({ uri, collection, method, arguments: given }: Call): Promise<string> {
  try {
    client ??= await MongoClient.connect(uri, { serverSelectionTimeoutMS: 10_000 });
    const db = method === "adminCommand" ? client.db("admin") : client.db();
    const values = given.map((one) => EJSON.deserialize(one as object) as object);
    if (collection === undefined) return EJSON.stringify({ value: await db.command(values[0] ?? {}) });
    const found = (db.collection(collection) as unknown as Collection)[method]?.(...values);
    const cursor = found as { toArray?: () => Promise<unknown> };
    return EJSON.stringify({ value: await (cursor.toArray?.() ?? found) });
  } catch (error) {
    return JSON.stringify({ error: error instanceof Error ? error.message : String(error) });
  }
}

function serve(): void {
  parentPort?.on("message", (call: Call) => {
    void carriedOut(call).then((answer) => {
      call.port.postMessage(answer);
      Atomics.store(call.done, 0, 1);
      Atomics.notify(call.done, 0);
    });
  });
}

/** A database, each of whose names but these is a collection. */
function databaseAt(uri: string, worker: Worker): unknown {
  const call = (method: string, given: unknown[], collection?: string): unknown => {
    const done = new Int32Array(new SharedArrayBuffer(4));
    const { port1, port2 } = new MessageChannel();
    const plain = given.map((one) => EJSON.serialize(one as object) as unknown);
    worker.postMessage({ uri, method, arguments: plain, collection, port: port2, done }, [port2]);
    Atomics.wait(done, 0, 0, 30_000);
    const answer = receiveMessageOnPort(port1);
    if (answer === undefined) throw new Error("no answer");
    const { value, error } = EJSON.parse(answer.message) as { value?: unknown; error?: string };
    if (error !== undefined) throw new Error(error);
    // Where the shell has a cursor.
    return Array.isArray(value) ? Object.assign(value, { toArray: () => value }) : value;
  };
  const ofCollection = (collection: string): unknown =>
    new Proxy(
      {},
      {
        get:
          (_, method: string) =>
          (...given: unknown[]) =>
            call(method, given, collection),
      },
    );
  const own: Record<string, unknown> = {
    runCommand: (command: unknown) => call("runCommand", [command]),
    adminCommand: (command: unknown) => call("adminCommand", [command]),
    hello: () => call("runCommand", [{ hello: 1 }]),
    getCollection: ofCollection,
  };
  return new Proxy(own, { get: (_, name: string) => own[name] ?? ofCollection(name) });
}

function main(): void {
  const text = process.argv[process.argv.indexOf("--eval") + 1] ?? "";
  const worker = new Worker(__filename);
  const print = (...words: unknown[]): void => {
    process.stdout.write(
      `${words.map((word) => (typeof word === "string" ? word : EJSON.stringify(word))).join(" ")}\n`,
    );
  };
  const known = createContext({
    connect: (uri: string) => databaseAt(uri, worker),
    print,
    EJSON,
    process: { env: process.env },
    encodeURIComponent,
  });
  let status = 0;
  try {
    new Script(text).runInContext(known);
  } catch (error) {
    process.stderr.write(`MongoServerError: ${error instanceof Error ? error.message : String(error)}\n`);
    status = 1;
  }
  process.exit(status);
}

if (isMainThread) main();
else serve();
