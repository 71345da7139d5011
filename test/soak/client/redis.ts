import Redis from "ioredis";
import type { Target } from "../../e2e/support/traffic/writer/client";
import { RedisClient } from "../../e2e/support/traffic/writer/redis-client";
import type { Login } from "../../e2e/support/traffic/writer/program";
import { runSoakClient } from "./program";
import { type Isolation, type Session, type SoakClient } from "./session";

/** How long a transaction waits for another member, ms. */
const WAIT_MS = 2_000;

/** A key that somebody else changed: the transaction has done nothing. */
const CHANGED = "somebody else changed what was read";

class RedisSoakClient implements SoakClient {
  constructor(private readonly login: Login) {}

  /** Nothing is to be made beforehand. */
  prepare(): Promise<void> {
    return Promise.resolve();
  }

  /** There is one isolation: a transaction's writes are done at once, if nothing that it read has changed. */
  async open({ host, port }: Target, _isolation: Isolation, signal: AbortSignal): Promise<Session> {
    const { user: username, password, database } = this.login;
    const client = new Redis({
      host,
      port,
      username,
      password,
      db: Number(database),
      lazyConnect: true,
      enableReadyCheck: false,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
    });
    client.on("error", () => undefined);
    signal.addEventListener("abort", () => {
      client.disconnect();
    });
    await client.connect();
    return new RedisSession(client);
  }

  refusedCommit(error: unknown): boolean {
    const words = error instanceof Error ? error.message : String(error);
    return words === CHANGED || /^(READONLY|NOREPLICAS|EXECABORT)\b/.test(words);
  }
}

/** Reads watch their keys, and writes are kept until the end. */
class RedisSession implements Session {
  private writes: string[][] = [];
  private readonly own = new Map<string, string>();

  constructor(private readonly client: Redis) {}

  async begin(): Promise<void> {
    await this.client.unwatch();
    this.writes = [];
    this.own.clear();
  }

  async commit(): Promise<void> {
    const transaction = this.client.multi(this.writes);
    const answers = await transaction.exec();
    if (answers === null) throw new Error(CHANGED);
    const failed = answers.find(([error]) => error)?.[0];
    if (failed) throw failed;
    if (this.writes.length === 0) return;
    if ((await this.client.wait(1, WAIT_MS)) < 1) throw new Error("no other member has it yet");
  }

  touch(worker: string): Promise<void> {
    this.writes.push(["incr", `soak:touches:${worker}`]);
    return Promise.resolve();
  }

  async register(key: string): Promise<string | null> {
    const name = `soak:registers:${key}`;
    const own = this.own.get(name);
    if (own !== undefined) return own;
    await this.client.watch(name);
    return this.client.get(name);
  }

  writeRegister(key: string, value: string): Promise<void> {
    const name = `soak:registers:${key}`;
    this.own.set(name, value);
    this.writes.push(["set", name, value]);
    return Promise.resolve();
  }

  async swapRegister(key: string, from: string, value: string): Promise<boolean> {
    if ((await this.register(key)) !== from) return false;
    await this.writeRegister(key, value);
    return true;
  }

  async list(key: string): Promise<string[]> {
    const name = `soak:lists:${key}`;
    await this.client.watch(name);
    const appended = this.writes.filter(([command, to]) => command === "rpush" && to === name);
    return [...(await this.client.lrange(name, 0, -1)), ...appended.map(([, , element = ""]) => element)];
  }

  append(key: string, element: string): Promise<void> {
    this.writes.push(["rpush", `soak:lists:${key}`, element]);
    return Promise.resolve();
  }

  addRows(name: string, rows: number): Promise<void> {
    const batch = 1000;
    for (let from = 0; from < rows; from += batch) {
      const many = Array.from({ length: Math.min(batch, rows - from) }, (_, index) => [
        String(from + index),
        name.padEnd(200, "."),
      ]);
      this.writes.push(["hset", `soak:loads:${name}`, ...many.flat()]);
    }
    return Promise.resolve();
  }

  async countRows(prefix: string): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    const before = "soak:loads:";
    for await (const keys of this.client.scanStream({ match: `${before}${prefix}*` })) {
      for (const key of keys as string[]) found[key.slice(before.length)] = await this.client.hlen(key);
    }
    return found;
  }

  destroy(): void {
    this.client.disconnect();
  }
}

void runSoakClient(
  (login) => new RedisSoakClient(login),
  (login) => new RedisClient(login),
);
