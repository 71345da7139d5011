import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { images } from "../../../../cluster/images/engines/redis";
import { cachedProgram } from "../../../../cluster/images/programs";
import { Durability, RedisMode } from "../../../../components";
import { AGENT_USER, SAVED_FILE } from "../../../../components/redis/protocol";
import { resolveRedis } from "../../../../components/redis/resolve";
import { serverConfig } from "../../../../components/redis/server-config";
import { monotonic } from "../../../../agent/core/clock";
import { Credentials } from "../../../../agent/core/credentials";
import type { Reached } from "../../../../agent/core/engine";
import { SharedSecret } from "../../../../agent/core/shared-secret";
import { Supervisor } from "../../../../agent/core/supervisor";
import { Accounts } from "../../../../agent/redis/accounts";
import { Connection, LocalServer } from "../../../../agent/redis/connection";
import { OrderlyStop } from "../../../../agent/redis/orderly-stop";
import { ServerReplication } from "../../../../agent/redis/replication";
import type { Value } from "../../../../agent/redis/resp";
import { startArguments } from "../../../../agent/redis/settings";
import { ownAddress } from "../../../fakes/own-address";

/** A server's program: one that is installed on this machine, else the one of the test bed's image; none where there is neither. */
export const SERVER =
  [process.env["STATEFUL_REDIS_SERVER"] ?? "", "valkey-server", "redis-server"].find(
    (program) => program !== "" && spawnSync(program, ["--version"]).status === 0,
  ) ?? images.map((image) => cachedProgram(image, "valkey-server")).find((program) => program !== undefined);

/** Processes that wait for one processor, above which figures in real time say nothing. */
const BUSY = 4;

/** Why real servers are not tried here; nothing where they are. Who names a program wants them tried. */
export const WHY_NOT =
  SERVER === undefined
    ? "there is no valkey-server or redis-server here, nor the test bed's image"
    : process.env["STATEFUL_REDIS_SERVER"] === undefined && (loadavg()[0] ?? 0) > BUSY * cpus().length
      ? "this machine is too busy for what is measured in real time"
      : undefined;

/** Waits until something is so. */
export async function until(what: string, holds: () => Promise<boolean>, within = 10_000): Promise<void> {
  const end = monotonic() + within;
  while (!(await holds().catch(() => false))) {
    if (monotonic() > end) throw new Error(`never: ${what}`);
    await sleep(20);
  }
}

/** What a database is for. */
export interface Purpose {
  mode?: RedisMode;
  durability?: Durability;
}

/** Real servers on addresses of this machine's own, each with what its agent has for it. */
export class Lab {
  readonly root = mkdtempSync(join(tmpdir(), "servers-"));
  readonly members: LabMember[];

  constructor(size: number, { mode = RedisMode.Store, durability = Durability.Preferred }: Purpose = {}) {
    for (const name of ["credentials", "tls"]) mkdirSync(join(this.root, name));
    const tls = (name: string): string => join(this.root, "tls", name);
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-keyout", tls("tls.key"), "-out", tls("tls.crt"), "-subj", "/CN=members", "-days", "2"],
        // As members have them.
        ...["-addext", "extendedKeyUsage=serverAuth"],
      ],
      { stdio: "ignore" },
    );
    copyFileSync(tls("tls.crt"), tls("ca.crt"));
    const secret = {
      username: "app",
      password: "app's",
      "root-password": "admin's",
      "replication-password": "members'",
    };
    for (const [key, value] of Object.entries(secret))
      writeFileSync(join(this.root, "credentials", key), value);
    this.members = Array.from(
      { length: size },
      (_, ordinal) => new LabMember(this.root, ordinal, { mode, durability }),
    );
  }

  async start(): Promise<void> {
    for (const member of this.members) await member.start();
  }

  /** Makes a member the primary of a term, and has the others follow it. */
  async lead(primary: LabMember, term: number): Promise<void> {
    await primary.replication.promote(term, this.members.length);
    for (const member of this.members.filter((one) => one !== primary && one.runs)) {
      await member.replication.follow(primary.reached, term);
      await until("linked", async () => (await member.replication.state()).link === "up");
    }
    await until("takes writes", async () => (await primary.ask("SET", "lead", `${term}`)) === "OK");
    await primary.replication.mark(term);
    for (const member of this.members.filter((one) => one.runs)) {
      await member.server.ask(await member.accounts.admission());
    }
    await primary.write("lead", `${term}`);
  }

  async end(): Promise<void> {
    for (const member of this.members) await member.kill();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** One server, and its agent's side of it. */
export class LabMember {
  readonly server: LocalServer;
  readonly accounts: Accounts;
  readonly replication: ServerReplication;
  readonly orderlyStop: OrderlyStop;
  readonly reached: Reached;
  private process: ChildProcess | undefined;
  private readonly place: string;

  constructor(
    root: string,
    ordinal: number,
    private readonly purpose: Required<Purpose>,
  ) {
    this.place = join(root, `${ordinal}`);
    this.reached = { ordinal, host: `cart-${ordinal}`, address: ownAddress(101 + ordinal) };
    for (const name of ["run", "control", "volume/data", "volume/stateful"]) {
      mkdirSync(join(this.place, name), { recursive: true });
    }
    const credentials = new Credentials(join(root, "credentials"));
    const memory = join(this.place, "run");
    this.accounts = new Accounts({
      credentials,
      directory: join(this.place, "volume/stateful"),
      memory,
      newPassword: () => "agent's",
    });
    this.server = new LocalServer(this.socket, async () => ({
      user: AGENT_USER,
      password: await this.accounts.agentPassword(),
    }));
    this.replication = new ServerReplication({
      server: this.server,
      accounts: this.accounts,
      set: "shop/cart",
      secret: new SharedSecret(() => credentials.read("replication-password"), monotonic),
      volatile: purpose.mode === RedisMode.Cache,
    });
    const supervisor = new Supervisor(join(this.place, "control"), join(this.place, "volume"));
    this.orderlyStop = new OrderlyStop(this.server, supervisor, join(this.place, "volume"));
  }

  get runs(): boolean {
    return this.process !== undefined;
  }

  /** The server's file. */
  get file(): string {
    return readFileSync(join(this.place, "server.conf"), "utf8");
  }

  private get socket(): string {
    return join(this.place, "run/server.sock");
  }

  /** As `supervise.sh` and `engine.sh` do it. */
  async start(): Promise<void> {
    const file = join(this.place, "server.conf");
    const args = {
      namespace: "shop",
      storage: "2Gi",
      ...this.purpose,
      resources: { memory: "512Mi" },
    };
    writeFileSync(file, serverConfig(resolveRedis(args)));
    await this.accounts.writeFile();
    this.server.close();
    if (this.purpose.mode === RedisMode.Cache) this.loseDisk();
    const saved = join(this.place, "volume/stateful", SAVED_FILE);
    const log = existsSync(saved) ? "no" : "yes";
    rmSync(saved, { force: true });
    const settings = startArguments({
      plain: true,
      volatile: this.purpose.mode === RedisMode.Cache,
      socket: this.socket,
      address: this.reached.address,
      accountsFile: this.accounts.file,
      certificates: join(this.place, "../tls"),
    });
    const data = ["--dir", join(this.place, "volume/data"), "--appendonly", log];
    const words = [file, ...data, ...settings, "--bind", this.reached.address];
    const server = spawn(SERVER ?? "", words, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [server.stdout, server.stderr]) {
      stream.on("data", (bytes: Buffer) => {
        appendFileSync(join(this.place, "log"), bytes);
      });
    }
    this.process = server;
    this.tell("running");
    server.once("exit", () => {
      this.process = undefined;
      this.tell("stopped");
    });
    // Its agent, where there is one, may have made it something already.
    await until("a server that answers", async () => (await this.replication.state()).run !== "");
  }

  async kill(): Promise<void> {
    const { process } = this;
    if (!process) return;
    process.kill("SIGKILL");
    await once(process, "exit");
  }

  /** It does nothing any more, and is there. */
  pause(): void {
    this.process?.kill("SIGSTOP");
  }

  resume(): void {
    this.process?.kill("SIGCONT");
  }

  /** Its disk is another one, and empty. */
  loseDisk(): void {
    rmSync(join(this.place, "volume/data"), { recursive: true });
    mkdirSync(join(this.place, "volume/data"));
  }

  /** A command of the application, on a connection of its own. */
  async ask(...words: string[]): Promise<Value> {
    const connection = await Connection.open(this.socket, { user: "app", password: "app's" });
    try {
      const [answer = null] = await connection.askEach([words]);
      return answer;
    } finally {
      connection.close();
    }
  }

  /** Writes, and waits until all others that run have it. */
  async write(key: string, value: string): Promise<void> {
    const client = await this.client();
    try {
      const { followers = [] } = await this.replication.state();
      const wanted = followers.length;
      const [, had] = await client.ask([
        ["SET", key, value],
        ["WAIT", `${wanted}`, "2000"],
      ]);
      if (had !== wanted) throw new Error(`${String(had)} of ${wanted} have it`);
    } finally {
      client.close();
    }
  }

  /** A connection of the application that stays. */
  async client(): Promise<Connection> {
    return Connection.open(this.socket, { user: "app", password: "app's" });
  }

  /** A figure that the server counts. */
  async figure(name: string): Promise<number> {
    const text = String(await this.server.run("INFO", "stats"));
    return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(text)?.[1]);
  }

  private tell(state: string): void {
    writeFileSync(join(this.place, "control/state"), `${state} 0\n`);
  }
}
