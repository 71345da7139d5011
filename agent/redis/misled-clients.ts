import { AGENT_USER } from "../../components/redis/protocol";
import { REPLICATION_USER } from "../../components/protocol/accounts";
import type { LocalServer } from "./connection";

/** What may write, and is not said to: their scripts and transactions may. */
const MAY_WRITE = ["eval", "evalsha", "fcall", "exec"];

/**
 * Ends connections that want to write to a server which takes no writes. A client that connected when the primary's name still led
 * here would stay for ever, and be refused for ever: once its connection ends it is led to the primary. Those who read go on.
 */
export class MisledClients {
  private seen = { run: "", refused: 0 };
  private writing: { run: string; commands: ReadonlySet<string> } | undefined;

  constructor(private readonly server: LocalServer) {}

  /**
   * Called now and again while the server is no primary.
   * @param run - the server's, which is another one after each start.
   */
  async reconcile(run: string): Promise<void> {
    const refused = refusedIn(String(await this.server.run("INFO", "errorstats")));
    const before = this.seen.run === run ? this.seen.refused : 0;
    this.seen = { run, refused };
    if (refused <= before) return;
    const commands = await this.writingCommands(run);
    const clients = String(await this.server.run("CLIENT", "LIST", "TYPE", "normal")).split("\n");
    for (const client of clients) {
      const { id, user, command } = clientIn(client);
      if (id === undefined || user === AGENT_USER || user === REPLICATION_USER) continue;
      if (commands.has(command)) await this.server.run("CLIENT", "KILL", "ID", id);
    }
  }

  private async writingCommands(run: string): Promise<ReadonlySet<string>> {
    if (this.writing?.run !== run) {
      const found = await this.server.run("COMMAND", "LIST", "FILTERBY", "ACLCAT", "write");
      const commands = Array.isArray(found) ? found.map((name) => String(name).toLowerCase()) : [];
      this.writing = { run, commands: new Set([...commands, ...MAY_WRITE]) };
    }
    return this.writing.commands;
  }
}

/** How often a write was refused since the server was started. */
function refusedIn(info: string): number {
  return Number(/^errorstat_READONLY:count=(\d+)/m.exec(info)?.[1] ?? 0);
}

/** A line of a list of clients, and the command that it sent last. */
function clientIn(line: string): { id?: string; user?: string; command: string } {
  const fields = new Map(line.split(" ").map((field) => field.split("=", 2) as [string, string]));
  const [id, user, command = ""] = ["id", "user", "cmd"].map((name) => fields.get(name));
  return {
    command: command.split("|", 1)[0] ?? "",
    ...(id === undefined ? {} : { id }),
    ...(user === undefined ? {} : { user }),
  };
}
