import { MongoClient, type MongoClientOptions } from "mongodb";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { Connection, type Place } from "../../../agent/mongodb/connection";
import { ownAddress } from "../own-address";
import { MemoryDisk } from "./memory-disk";
import { FakeMongod, type ProcessOptions } from "./process";
import type { Doc } from "./store";

export const KEY = "only-members-know-this";
/** Where they all are: nobody else takes the port of one that is down. */
const ADDRESS = ownAddress(1);

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, ADDRESS, done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** Servers of a set on this machine, as processes would be. */
export class Lab {
  readonly servers: (FakeMongod | undefined)[] = [];
  readonly disks: MemoryDisk[] = [];
  private ports: number[] = [];
  private readonly clients: MongoClient[] = [];

  constructor(private readonly options: Partial<ProcessOptions> = {}) {}

  /** Starts servers that are in no set. */
  async start(size: number): Promise<void> {
    this.ports = [];
    for (let ordinal = 0; ordinal < size; ordinal++) this.ports.push(await freePort());
    for (let ordinal = 0; ordinal < size; ordinal++) {
      this.disks.push(new MemoryDisk());
      await this.boot(ordinal);
    }
  }

  host(ordinal: number): string {
    return `${ADDRESS}:${this.ports[ordinal]!}`;
  }

  place(ordinal: number): Place {
    const { tls } = this.options;
    return {
      host: ADDRESS,
      port: this.ports[ordinal]!,
      ...(tls ? { authority: readFileSync(tls.authority, "utf8") } : {}),
    };
  }

  async boot(ordinal: number): Promise<void> {
    const server = new FakeMongod({
      version: "8.0.4",
      setName: "rs",
      host: this.host(ordinal),
      port: this.ports[ordinal]!,
      bind: ADDRESS,
      disk: this.disks[ordinal]!,
      keys: [KEY],
      copyTime: 10,
      exit: () => undefined,
      ...this.options,
    });
    this.servers[ordinal] = server;
    await server.listen();
  }

  /** As `kill -9` does. */
  kill(ordinal: number): void {
    this.servers[ordinal]?.end();
    this.servers[ordinal] = undefined;
  }

  /** A command as the members themselves, to one server. */
  async run(ordinal: number, command: Doc): Promise<Doc> {
    const connection = await Connection.open(this.place(ordinal), {
      user: "__system",
      password: KEY,
      database: "local",
    });
    try {
      return await connection.run(command, 20_000);
    } finally {
      connection.close();
    }
  }

  /** Initiates a set with the first, and adds the others one by one. */
  async form(): Promise<void> {
    await this.run(0, { replSetInitiate: { _id: "rs", members: [{ _id: 0, host: this.host(0) }] } });
    await this.until(async () => (await this.state(0)) === "PRIMARY");
    for (let ordinal = 1; ordinal < this.ports.length; ordinal++) {
      await this.add(ordinal);
      await this.until(async () => (await this.state(ordinal)) === "SECONDARY");
    }
    // Those that were added have a vote.
    await this.until(
      async () => (await this.run(0, { replSetGetStatus: 1 }))["votingMembersCount"] === this.ports.length,
    );
  }

  async add(ordinal: number): Promise<void> {
    const { config } = await this.run(0, { replSetGetConfig: 1 });
    config.members.push({ _id: ordinal, host: this.host(ordinal) });
    await this.run(0, { replSetReconfig: { ...config, version: Number(config.version) + 1 } });
  }

  async state(ordinal: number): Promise<string> {
    return this.servers[ordinal]?.replica.state.state ?? "DOWN";
  }

  primary(): number {
    return this.servers.findIndex(
      (server) => server?.replica.leads === true && server.replica.state.writable,
    );
  }

  /** The usual driver, which nobody here wrote. */
  async client(options: MongoClientOptions = {}): Promise<MongoClient> {
    const hosts = this.ports.map((_, ordinal) => this.host(ordinal)).join(",");
    const client = new MongoClient(`mongodb://${hosts}/?replicaSet=rs`, {
      heartbeatFrequencyMS: 500,
      serverSelectionTimeoutMS: 20_000,
      ...options,
    });
    this.clients.push(client);
    return await client.connect();
  }

  async until(done: () => Promise<boolean> | boolean, within = 20_000): Promise<void> {
    const end = performance.now() + within;
    while (!(await done())) {
      if (performance.now() > end) throw new Error("it does not come about");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map(async (client) => client.close()));
    for (const ordinal of this.servers.keys()) this.kill(ordinal);
  }
}
