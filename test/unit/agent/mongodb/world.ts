import * as assert from "node:assert/strict";
import type { Ordinal } from "../../../../agent/core/types";
import type { SimulatedServer } from "../../../fakes/mongodb/network";
import type { Doc } from "../../../fakes/mongodb/store";
import { MemoryRecord } from "../fake";
import { SECRET } from "./member-engine";
import { Members } from "./members";

/** Members, a client that writes all the time, what strikes them, and what must be true of them. */
export class World extends Members {
  /** Writes that a client was told a majority has. */
  readonly acknowledged = new Set<number>();
  /** How many sets there may be on all disks. */
  sets = 1;
  private writes = 0;
  private lost = "";

  constructor(...args: ConstructorParameters<typeof Members>) {
    super(...args);
    this.write();
  }

  /** Every server that takes writes, and lets the application in, is written to, all the time. */
  private write(): void {
    for (const server of this.servers.primaries) {
      if (server.server?.users.find("admin", SECRET["username"] ?? "") === undefined) continue;
      const id = ++this.writes;
      const command = {
        insert: "rows",
        $db: "app",
        documents: [{ _id: id }],
        writeConcern: { w: "majority" },
      };
      void server
        .ask(command)
        .then((answer) => {
          if (answer["ok"] === 1 && !answer["writeConcernError"]) this.acknowledged.add(id);
        })
        .catch(() => undefined);
    }
    this.time.after(300, () => {
      this.write();
    });
  }

  has(server: SimulatedServer, id: number): boolean {
    return server.disk.store.collection("app.rows").has(JSON.stringify({ id: { $numberInt: `${id}` } }));
  }

  /** What must hold at every moment. */
  check(): void {
    assert.equal(this.lost, "");
    assert.deepEqual(this.servers.fatal, []);
    for (const [term, hosts] of this.servers.elected)
      assert.ok(hosts.size <= 1 || term <= 1, `two primaries of term ${term}: ${[...hosts].join(", ")}`);
    const sets = new Set(
      this.servers.servers.flatMap(
        ({ disk }) => (disk.kept.config?.settings["replicaSetId"] as string | undefined) ?? [],
      ),
    );
    assert.ok(sets.size <= this.sets, `two sets were begun: ${[...sets].join(", ")}`);
  }

  primary(): SimulatedServer | undefined {
    const { primaries } = this.servers;
    return primaries.length === 1 ? primaries[0] : undefined;
  }

  /** All members serve, in one set of them all. */
  converged(): boolean {
    const wanted = this.agents.slice(0, this.replicas);
    const config = this.primary()?.disk.kept.config;
    const voters = config?.members.filter(({ newlyAdded }) => newlyAdded !== true) ?? [];
    return (
      wanted.every((agent) => agent.isReady()) &&
      voters.length === this.replicas &&
      config?.members.length === this.replicas &&
      this.api.stored?.marker.phase === "running"
    );
  }

  /** @returns how long that took, ms */
  async converge(limit = 300_000): Promise<number> {
    const start = this.time.now;
    while (this.time.now - start < limit) {
      await this.pass(500);
      if (this.converged()) return this.time.now - start;
    }
    const states = this.servers.servers.map((server) => server.replica?.state.state ?? "DOWN");
    assert.fail(
      `not one set again: ${states.join(" ")}: ${this.agents.map((agent) => agent.summary).join(" | ")}\n${this.said.slice(-20).join("\n")}`,
    );
  }

  async pass(duration: number): Promise<void> {
    for (let passed = 0; passed < duration; passed += 250) {
      await this.time.pass(250);
      this.check();
    }
  }

  async until(what: string, holds: () => boolean, limit = 60_000): Promise<number> {
    const start = this.time.now;
    while (!holds()) {
      assert.ok(this.time.now - start < limit, `never: ${what}\n${this.said.slice(-20).join("\n")}`);
      await this.pass(250);
    }
    return this.time.now - start;
  }

  /** Nothing that was acknowledged is missing on the primary. */
  async verify(): Promise<void> {
    await this.until("a primary", () => this.primary() !== undefined);
    const primary = this.primary();
    const missing = [...this.acknowledged].filter((id) => primary && !this.has(primary, id));
    assert.deepEqual(missing, [], "acknowledged writes are lost");
    assert.ok(this.api.created <= 1, "begun more than once");
  }

  /** A write that a majority has acknowledged. */
  async acknowledge(): Promise<void> {
    const before = this.acknowledged.size;
    await this.until("a write is acknowledged", () => this.acknowledged.size > before);
  }

  killPod(ordinal: Ordinal): void {
    const pod = this.pod(ordinal);
    pod.server.crash();
    pod.order_ = "hold";
    pod.stopping = false;
    this.startAgent(ordinal);
  }

  /** Its server ends whenever somebody starts it. */
  keepDown(ordinal: Ordinal, duration: number): void {
    const pod = this.pod(ordinal);
    pod.order_ = "hold";
    pod.server.crash();
    if (duration > 0)
      this.time.after(100, () => {
        this.keepDown(ordinal, duration - 100);
      });
  }

  loseDisk(ordinal: Ordinal): void {
    const pod = this.pod(ordinal);
    pod.server.loseDisk();
    pod.directory = false;
    pod.keys = undefined;
    pod.record = new MemoryRecord(async () => undefined);
    this.killPod(ordinal);
  }

  /** The pod goes in good order and comes back. */
  async restartPod(ordinal: Ordinal): Promise<void> {
    await this.stopPod(ordinal);
    this.killPod(ordinal);
  }

  async stopPod(ordinal: Ordinal): Promise<void> {
    const stop = { done: false };
    void this.agents[ordinal]
      ?.prepareStop()
      .catch(() => undefined)
      .finally(() => (stop.done = true));
    for (let waited = 0; !stop.done && waited < 125_000; waited += 250) await this.pass(250);
    this.pod(ordinal).server.crash();
  }

  /** Cut off from all others: its agent, its server, or both. */
  isolate(ordinal: Ordinal, which: "agents" | "servers" | "both" = "both"): void {
    const others = [...this.pods.keys()].filter((other) => other !== ordinal);
    if (which !== "servers") this.network.parts = [[ordinal], others];
    if (which !== "agents") this.servers.isolate(ordinal);
  }

  async randomFault(): Promise<void> {
    const victim = Math.floor(this.random() * this.size);
    const choice = this.random();
    if (choice < 0.2) this.pod(victim).server.crash();
    else if (choice < 0.35) this.killPod(victim);
    else if (choice < 0.5) await this.restartPod(victim);
    else if (choice < 0.58) this.startAgent(victim);
    else if (choice < 0.66) this.isolate(victim);
    else if (choice < 0.7) this.isolate(victim, "servers");
    else if (choice < 0.74) this.isolate(victim, "agents");
    else if (choice < 0.78) this.network.api.delete(victim);
    else if (choice < 0.81) this.network.api.clear();
    else if (choice < 0.85) for (const ordinal of this.pods.keys()) this.killPod(ordinal);
    else if (choice < 0.9 && this.converged()) this.loseDisk(victim);
    else this.heal();
  }

  async ask(ordinal: Ordinal, command: Doc): Promise<Doc> {
    return await this.pod(ordinal).server.ask(command);
  }
}
