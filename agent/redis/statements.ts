import { SLOW_QUERIES } from "../../components/redis/protocol";
import type { Statement, Statements } from "../core/slow-queries";
import type { LocalServer } from "./connection";
import type { Value } from "./resp";

const THRESHOLD = "slowlog-log-slower-than";

/** As many as the server keeps, unless its settings say otherwise. */
const ENTRIES = "128";

/** What a key begins with by custom: the kind of thing that is stored, and not whose it is. */
const KIND = /^([A-Za-z][A-Za-z_-]{0,31}):/;

/** Commands whose first word is no key. */
const KEYLESS = /^(ACL|AUTH|CONFIG|EVAL|EVAL_RO|FUNCTION|HELLO|MIGRATE|MODULE|SCRIPT)$/i;

/**
 * Which commands are slow, from the list of them that the server keeps in memory. Not how it was called: keys are names of people and
 * sessions as often as not, and what follows them is data.
 *
 * @see https://valkey.io/commands/slowlog-get/
 */
export class ListedCommands implements Statements {
  readonly times = SLOW_QUERIES;

  constructor(private readonly server: Pick<LocalServer, "ask">) {}

  async look(threshold: number): Promise<Statement[]> {
    const wanted = String(threshold * 1000);
    const [present = null, list = null, info = null] = await this.server.ask([
      ["CONFIG", "GET", THRESHOLD],
      ["SLOWLOG", "GET", ENTRIES],
      ["INFO", "server"],
    ]);
    if (!Array.isArray(present) || present[1] !== wanted)
      await this.server.ask([["CONFIG", "SET", THRESHOLD, wanted]]);
    // Numbers begin anew with each server.
    const run = /^run_id:(\w+)/m.exec(String(info))?.[1] ?? "";
    return (Array.isArray(list) ? list : []).flatMap((entry) => statementOf(run, entry));
  }
}

function statementOf(run: string, entry: Value): Statement[] {
  if (!Array.isArray(entry)) return [];
  const [id, , micros, words, client, name] = entry;
  const [command = "", ...rest] = Array.isArray(words) ? words.map(String) : [];
  // Over the pod's own socket nobody comes but the agent.
  if (String(client).startsWith("/")) return [];
  const kind = KEYLESS.test(command) ? undefined : KIND.exec(rest[0] ?? "")?.[1];
  return [
    {
      key: `${run}/${String(id)}`,
      seconds: Number(micros) / 1e6,
      ended: true,
      fields: {
        statement: command.toUpperCase().replace(/[^A-Z0-9._|-]/g, "?"),
        ...(kind === undefined ? {} : { keysLike: `${kind}:…` }),
        // Of long commands the server keeps 31 words, and says of how many more there were.
        words: rest.length + 1 + left(rest.at(-1)),
        client: String(client ?? ""),
        ...(name === undefined || name === "" ? {} : { application: String(name) }),
      },
    },
  ];
}

/** `... (12 more arguments)` is one word in place of twelve. */
function left(word = ""): number {
  const [, count] = /^\.\.\. \((\d+) more arguments\)$/.exec(word) ?? [];
  return count === undefined ? 0 : Number(count) - 1;
}
