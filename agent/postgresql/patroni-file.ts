import type { WantedSettings } from "../../components/postgresql/protocol";
import { join } from "node:path";
import { Since, type Clock } from "../core/clock";
import type { Reached } from "../core/engine";
import { readIfThere, writeWhole } from "../core/record";
import type { Supervisor } from "../core/supervisor";
import type { MemberState, Orders } from "../core/types";
import type { OwnPasswords } from "./member-passwords";
import type { PatroniApi } from "./rest";
import type { RestIdentity } from "./rest-identity";
import { SOURCE_AUTHORITIES, type Source } from "./source";
import { HIGHEST_PRIORITY, memberSettings, patroniLabels, priorityOf } from "./settings";

/** How long there may be no primary until no member is preferred any more, ms: twice as long as a lost lock takes. */
const LEADERLESS_FOR = 40_000;

/** What Patroni's file is made of. */
export interface PatroniFileParts {
  self: Reached;
  database: string;
  namespace: string;
  volume: string;
  supervisor: Supervisor;
  passwords: OwnPasswords;
  /** Where the member's certificate is mounted, for the server as for the agent. */
  certificates: string;
  /** File of those by whom the members' servers are verified that it copies from. */
  trusted: string;
  api: PatroniApi;
  /** By which it is known there. */
  identity: RestIdentity;
  /** How the source of a database is reached that is a copy of it. */
  source: Source;
  clock: Clock;
}

/** Patroni's own configuration file: written anew as what it says changes, and Patroni is told to read it. */
export class PatroniFile {
  /** Whether it gives Patroni the right to bootstrap. */
  mayBootstrap = true;
  private readonly leaderless: Since;
  /** Whether this member gives way to none, so that one that cannot take the lock does not keep it from all. */
  private equal = false;
  /** Whether Patroni has not been told of changed passwords yet. */
  private mustReload = false;
  /** Whether its members' account is still that of the database's source. */
  private copies: boolean | undefined;

  /** @param wanted - reads what the component asks for, as it is now. */
  constructor(
    private readonly parts: PatroniFileParts,
    private readonly wanted: () => Promise<WantedSettings>,
  ) {
    this.leaderless = new Since(parts.clock);
  }

  /** @param bootstrap - what the cluster begins with, where Patroni is to make one. */
  async write(bootstrap?: object): Promise<void> {
    const { self, database, namespace, volume, supervisor, passwords } = this.parts;
    const wanted = await this.wanted();
    const path = join(supervisor.control, "patroni.yml");
    await this.parts.identity.refresh();
    // An agent that was restarted leaves a Patroni that runs what it has.
    this.copies ??= (await readIfThere(path))?.includes(SOURCE_AUTHORITIES) === true;
    const text = memberSettings({
      database,
      namespace,
      pod: { name: `${database}-${self.ordinal}`, address: self.address },
      volume,
      control: supervisor.control,
      binaries: wanted.binaries,
      certificates: this.parts.certificates,
      trusted: this.parts.trusted,
      verifyMembers: wanted.verifyMembers,
      rest: this.parts.identity.paths,
      labels: patroniLabels(database),
      priority: this.equal ? HIGHEST_PRIORITY : priorityOf(self.ordinal),
      passwords: await passwords.current(),
      ...(this.copies ? { source: await this.parts.source.forPatroni(wanted) } : {}),
      ...(bootstrap ? { bootstrap } : {}),
    });
    await passwords.keepFormer(text);
    if ((await readIfThere(path)) !== text) await writeWhole(path, text);
    this.mayBootstrap = bootstrap !== undefined;
  }

  /** Before a start: what is promoted has its own account by the time that others start. */
  follow({ follows }: Orders): void {
    this.copies = follows === "source";
  }

  /** While it runs: the source's account is used until its own holds, and as it is now. */
  async reconcileSource({ follows }: Orders, ownHolds: () => Promise<boolean>): Promise<void> {
    const { source } = this.parts;
    if (follows === "source") {
      this.copies = true;
      if (await source.hasChanged(await this.wanted())) this.mustReload = true;
    }
    if (follows !== "promoted" || this.copies !== true || !(await ownHolds())) return;
    this.copies = false;
    this.mustReload = true;
  }

  /** Patroni reads its files again, its certificate too. */
  async reload(): Promise<void> {
    await this.parts.api.change("POST", "/reload", {});
  }

  /** Written, and read by a Patroni that runs. */
  async apply(): Promise<void> {
    await this.write();
    await this.reload();
  }

  /** What it goes on with while the Secret cannot be read is what it has. Patroni's settings hold the same password. */
  async refreshIdentity(): Promise<void> {
    const changed = await this.parts.identity.refresh().catch(() => false);
    if (changed && !this.mayBootstrap) await this.write().catch(() => undefined);
  }

  /** Has Patroni take over changed passwords, by a call that the one before still authenticates. */
  async reconcilePasswords(): Promise<void> {
    if (await this.parts.passwords.reconcile()) this.mustReload = true;
    if (!this.mustReload) return;
    await this.apply();
    this.mustReload = false;
  }

  /** A preferred member that answers but cannot take the lock would be waited for without end. */
  async adjustPriority(member: MemberState): Promise<void> {
    const equal = this.leaderless.measure(member === "blocked") >= LEADERLESS_FOR;
    if (equal === this.equal || this.mayBootstrap) return;
    this.equal = equal;
    try {
      await this.apply();
    } catch {
      this.equal = !equal;
    }
  }
}
