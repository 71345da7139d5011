import { SLOW_QUERIES } from "../../components/mongodb/protocol";
import type { Statement, Statements } from "../core/slow-queries";
import type { Commands } from "./connection";
import { type Document, documentIn, numberIn, textIn } from "./wire";

/** How deep a command is shown. */
const DEEPEST = 6;
/** How many of its parts at each depth: a list of a thousand looks like its beginning. */
const MOST = 20;

/** What waits because it was told to, and what members do among themselves. */
const WAITING = ["hello", "isMaster", "ismaster", "replSetHeartbeat", "replSetUpdatePosition"];

/** Parts of a command that say how it is sent, and not what it does. */
const ENVELOPE = ["lsid", "$clusterTime", "$db", "$readPreference", "signature", "txnNumber", "apiVersion"];

/**
 * Which operations are slow, from what runs. The server itself writes slow ones into its log with all that they were called with: the
 * settings keep it from that.
 *
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/currentOp/
 */
export class RunningOperations implements Statements {
  readonly times = SLOW_QUERIES;

  constructor(private readonly server: Pick<Commands, "run">) {}

  async look(threshold: number): Promise<Statement[]> {
    const answer = await this.server.run({
      aggregate: 1,
      pipeline: [
        { $currentOp: { allUsers: true, idleConnections: false } },
        {
          $match: {
            active: true,
            client: { $exists: true },
            microsecs_running: { $gte: threshold * 1000 },
            "cursor.tailable": { $ne: true },
          },
        },
      ],
      cursor: { batchSize: 1000 },
      // Else only the primary answers.
      $readPreference: { mode: "secondaryPreferred" },
    });
    const found = documentIn(answer, "cursor")["firstBatch"];
    return (Array.isArray(found) ? (found as Document[]) : []).filter(isClients).map(statementOf);
  }
}

function isClients(operation: Document): boolean {
  const [name = ""] = Object.keys(documentIn(operation, "command"));
  const namespace = textIn(operation, "ns") ?? "";
  return !WAITING.includes(name) && !namespace.startsWith("local.");
}

function statementOf(operation: Document): Statement {
  const command = documentIn(operation, "command");
  const [user] = Array.isArray(operation["effectiveUsers"])
    ? (operation["effectiveUsers"] as Document[])
    : [];
  const said = {
    namespace: textIn(operation, "ns"),
    user: user === undefined ? undefined : textIn(user, "user"),
    client: textIn(operation, "client"),
    application: textIn(operation, "appName"),
    plan: planOf(textIn(operation, "planSummary")),
  };
  return {
    key: String(operation["opid"]),
    seconds: (numberIn(operation, "microsecs_running") ?? 0) / 1e6,
    ended: false,
    fields: {
      statement: JSON.stringify(shapeOf(command, 0)),
      ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined && value !== "")),
    },
  };
}

/** Which index: its fields stand in it, and no values. */
function planOf(summary: string | undefined): string | undefined {
  return summary?.slice(0, 200);
}

/** The names in a command, with what stands for their values. */
function shapeOf(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth > DEEPEST) return "?";
  if (Array.isArray(value)) {
    const parts = value.slice(0, MOST).map((part) => shapeOf(part, depth + 1));
    return [...new Set(parts.map((part) => JSON.stringify(part)))].map((part) => JSON.parse(part) as unknown);
  }
  // An identifier, a date, a number of a type of its own.
  if ("_bsontype" in value || value instanceof Date || value instanceof Uint8Array) return "?";
  const entries = Object.entries(value)
    .filter(([name]) => depth > 0 || !ENVELOPE.includes(name))
    .slice(0, MOST);
  return Object.fromEntries(entries.map(([name, part]) => [name, shapeOf(part, depth + 1)]));
}
