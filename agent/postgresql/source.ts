import { join } from "node:path";
import { Client, type ClientConfig } from "pg";
import { REPLICATION_USER } from "../../components/protocol/accounts";
import { SOURCE_FILES, type SourceAddress } from "../../components/protocol/follow";
import type { WantedSettings } from "../../components/postgresql/protocol";
import type { Credentials } from "../core/credentials";
import { messageOf } from "../core/log";
import { writeWhole } from "../core/record";
import { readPassword } from "./member-passwords";
import type { Row } from "./sql";

/** How long the source may take to take a connection, and to answer, ms. */
const ANSWER_WITHIN = 10_000;

/** File with those by whom members and source are verified. */
export const SOURCE_AUTHORITIES = "source-authorities.crt";

/** How the source says what it is: of a data directory and its copies, however often they fail over, it is the same. */
export interface SourceIdentity {
  system: string;
  version: string;
}

/** What it works with. */
export interface SourceParts {
  /** Where the account is mounted by which it is copied. */
  files: Credentials;
  /** Where this database's own certificate is mounted. */
  certificates: Credentials;
  /** A directory that the server can read, too. */
  control: string;
  /** Asks the source. @default over its network address */
  ask?: (config: ClientConfig) => Promise<SourceIdentity>;
}

/** The database that this one is a copy of, as its agents know it. */
export class Source {
  private readonly path: string;
  private written: string | undefined;

  constructor(private readonly parts: SourceParts) {
    this.path = join(parts.control, SOURCE_AUTHORITIES);
  }

  /** The name of the account by which it is copied. */
  async user(): Promise<string> {
    return (await this.parts.files.find(SOURCE_FILES.username)) ?? REPLICATION_USER;
  }

  /** The account, and a file of those whom members and source are verified by. */
  async forPatroni(wanted: WantedSettings): Promise<{ user: string; password: string; authorities: string }> {
    const own = await this.parts.certificates.read(SOURCE_FILES.authority);
    const authority = await this.authority(wanted.follow);
    await writeWhole(this.path, authority === own ? own : `${own}\n${authority}`);
    this.written = await this.text(wanted);
    const password = await readPassword(this.parts.files, SOURCE_FILES.password);
    return { user: await this.user(), password, authorities: this.path };
  }

  /** Whether account or authorities are others than Patroni was last told. */
  async hasChanged(wanted: WantedSettings): Promise<boolean> {
    return this.written !== (await this.text(wanted));
  }

  /**
   * Asks the source who it is, over a connection by which it is verified, by its name as well.
   *
   * @throws Error that says what is wrong, for people; never a secret
   */
  async identify(wanted: WantedSettings): Promise<SourceIdentity> {
    const { follow } = wanted;
    if (follow === undefined) {
      throw new Error(
        "the stack file has no `follow` any more, and this database was not promoted: put it back, or promote it",
      );
    }
    const { host, port } = follow;
    const { ask = identified } = this.parts;
    const config = {
      host,
      port,
      user: await this.user(),
      password: await readPassword(this.parts.files, SOURCE_FILES.password),
      ssl: { ca: await this.authority(follow), servername: host },
    };
    try {
      return await ask(config);
    } catch (error) {
      throw new Error(`the source ${host}:${port} cannot be copied: ${messageOf(error)}`);
    }
  }

  private async authority(follow: SourceAddress | undefined): Promise<string> {
    const { files, certificates } = this.parts;
    const { authority } = SOURCE_FILES;
    return follow?.ca ?? (await files.find(authority)) ?? (await certificates.read(authority));
  }

  private async text(wanted: WantedSettings): Promise<string> {
    const { files, certificates } = this.parts;
    const own = await certificates.read(SOURCE_FILES.authority);
    const password = await files.find(SOURCE_FILES.password);
    return JSON.stringify([own, await this.authority(wanted.follow), await this.user(), password]);
  }
}

/** By the protocol that copies are made by: who may copy need not be let into any database. */
async function identified(config: ClientConfig): Promise<SourceIdentity> {
  const client = new Client({
    ...config,
    ...{ replication: "true" },
    connectionTimeoutMillis: ANSWER_WITHIN,
    query_timeout: ANSWER_WITHIN,
  });
  // An error outside a query would otherwise end the agent.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const system = await client.query<Row>("IDENTIFY_SYSTEM");
    const version = await client.query<Row>("SHOW server_version");
    return {
      system: String(system.rows[0]?.["systemid"]),
      version: String(version.rows[0]?.["server_version"]),
    };
  } finally {
    await client.end().catch(() => undefined);
  }
}
