import Redis from "ioredis";
import type { Answer, Target, WriterClient } from "./client";
import type { Login } from "./program";

/** How long a write waits for another member, ms: less than an attempt may take. */
const WAIT_MS = 800;

/** What a server says that is no primary, or that has too few followers to be one. */
const STANDBY = /^(READONLY|NOREPLICAS|MASTERDOWN|UNBLOCKED)\b/;

/**
 * Notes a row, and the reign of the server that takes it, in one step.
 * https://valkey.io/topics/eval-intro/
 */
const WRITE = `
  local self = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  local last = redis.call('HMGET', KEYS[2], 'server', 'term')
  local term = tonumber(last[2]) or 0
  if last[1] ~= self then term = term + 1 end
  redis.call('HSET', KEYS[2], 'server', self, 'term', term)
  redis.call('SADD', KEYS[1], ARGV[1])
  local alone = not string.find(redis.call('INFO', 'replication'), 'min_slaves_good_slaves:')
  return {self, term, alone and 0 or 1}`;

/** Who took a row, in which reign, and how many other members must have it: none has, where there are none. */
type Written = [server: string, term: number, needed: number];

/** Writes, and waits until another member has it: what the server acknowledges by itself is only its own. */
export class RedisClient implements WriterClient {
  private readonly rows: string;
  private readonly last: string;

  constructor(private readonly login: Login) {
    this.rows = `writes:${login.run}`;
    this.last = `last:${login.run}`;
  }

  /** Nothing is to be made beforehand. */
  async prepare(target: Target): Promise<void> {
    await this.with(target, undefined, async (client) => client.ping());
  }

  async write(target: Target, id: string, signal: AbortSignal): Promise<Answer> {
    return this.with(target, signal, async (client) => {
      try {
        const [server, term, needed] = (await client.eval(WRITE, 2, this.rows, this.last, id)) as Written;
        const others = needed === 0 ? 0 : await client.wait(needed, WAIT_MS);
        if (others < needed) throw new Error(`${others} other members have it`);
        return { outcome: "acknowledged", server, term };
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        if (!STANDBY.test(words)) throw error;
        return { outcome: "standby", error: words };
      }
    });
  }

  async ids(target: Target): Promise<string[]> {
    return this.with(target, undefined, async (client) => client.smembers(this.rows));
  }

  /** Does something on a connection of its own. */
  private async with<T>(
    { host, port }: Target,
    signal: AbortSignal | undefined,
    work: (client: Redis) => Promise<T>,
  ): Promise<T> {
    const { user: username, password, database } = this.login;
    const client = new Redis({
      host,
      port,
      username,
      password,
      db: Number(database),
      lazyConnect: true,
      enableReadyCheck: false,
      enableOfflineQueue: false,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
    });
    // Errors reach the command that they are about; here is what comes after it.
    client.on("error", () => undefined);
    signal?.addEventListener("abort", () => {
      client.disconnect();
    });
    try {
      await client.connect();
      return await work(client);
    } finally {
      client.disconnect();
    }
  }
}
