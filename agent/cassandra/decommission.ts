import type { Decommission } from "../core/engine";
import type { Supervisor } from "../core/supervisor";
import type { Report, View } from "../core/types";
import type { LocalServer, Row } from "./client";
import { KEYSPACES_QUESTION, keyspacesFrom } from "./keyspaces";
import type { RingLook } from "./ring";

/** What the script calls it. */
export const DECOMMISSION = "decommission";

/** Of what a member gets: files that were streamed are written once more when they are compacted with its own. */
const ROOM_FACTOR = 2;

const LOAD_QUESTION = "SELECT address, load FROM system_views.gossip_info";

/** What leaving a ring is made of. */
export interface DecommissionParts {
  server: Pick<LocalServer, "run">;
  supervisor: Pick<Supervisor, "request">;
  /** The ring as it was last seen. */
  look: () => Pick<RingLook, "view" | "outside"> | undefined;
  /** By ordinal. */
  addresses: () => Promise<ReadonlyMap<number, string>>;
  /** What is known of all members at this moment. */
  members: () => readonly Report[];
}

/** A member leaves its ring by the server's own operation, which streams each of its rows to who gets it. */
export class RingDecommission implements Decommission {
  constructor(private readonly parts: DecommissionParts) {}

  async refusal(size: number): Promise<string | undefined> {
    const look = this.parts.look();
    if (look === undefined) return "the ring cannot be looked at";
    const { view } = look;
    return (
      unreadyMembers(look, this.parts.members()) ??
      wideKeyspace(await this.parts.server.run(KEYSPACES_QUESTION), size) ??
      (await this.lackingRoom(view, size))
    );
  }

  async run(): Promise<void> {
    await this.parts.supervisor.request(DECOMMISSION);
  }

  private async lackingRoom(view: View, size: number): Promise<string | undefined> {
    const addresses = await this.parts.addresses();
    const loads = new Map(
      (await this.parts.server.run(LOAD_QUESTION)).map((row) => [
        String(row["address"]),
        // Nothing said is not nothing held.
        typeof row["load"] === "string" ? Number.parseFloat(row["load"]) : NaN,
      ]),
    );
    const leaving = view.members.filter((ordinal) => ordinal >= size);
    const bytes = leaving.map((ordinal) => loads.get(addresses.get(ordinal) ?? "") ?? NaN);
    const unknown = leaving.filter((_, index) => !Number.isFinite(bytes[index]));
    if (unknown.length > 0) return `members ${unknown.join(", ")} have not said how much they hold`;
    const each = Math.ceil((bytes.reduce((sum, one) => sum + one, 0) / size) * ROOM_FACTOR);
    return withoutRoom(this.parts.members(), view.members.length - leaving.length, size, each);
  }
}

/** Each must be there to give or to take, and nobody else may come in meanwhile. */
function unreadyMembers(
  { view: { members, online }, outside }: Pick<RingLook, "view" | "outside">,
  reports: readonly Report[],
): string | undefined {
  const away = members.filter((ordinal) => !online.includes(ordinal));
  if (away.length > 0) return `members ${away.join(", ")} are away, and all must be up`;
  const said = reports.filter(({ ordinal, status }) => {
    return !members.includes(ordinal) && status.process !== "stopped" && status.data !== "none";
  });
  // Whose agent says nothing the servers have heard of.
  const coming = [...new Set([...said.map(({ ordinal }) => ordinal), ...outside])].sort((a, b) => a - b);
  return coming.length > 0 ? `member ${coming.join(", ")} is about to join it` : undefined;
}

/** The server refuses what would leave a keyspace fewer members than copies, but only when the last of them is to go. */
function wideKeyspace(rows: readonly Row[], size: number): string | undefined {
  const wide = keyspacesFrom(rows).flatMap(({ name, copies }) =>
    copies > size ? [`${name} (${copies})`] : [],
  );
  if (wide.length === 0) return undefined;
  return `each row of these keyspaces has more copies than there would be members: ${wide.join(", ")}`;
}

function withoutRoom(
  reports: readonly Report[],
  staying: number,
  size: number,
  each: number,
): string | undefined {
  const known = reports.filter(({ ordinal, free }) => ordinal < size && free !== undefined);
  if (known.length < staying) return "not all that stay have said how much room they have";
  const short = known.filter(({ free = 0 }) => free < each);
  if (short.length === 0) return undefined;
  const said = short.map(({ ordinal, free = 0 }) => `member ${ordinal} has ${inMebibytes(free)} MiB free`);
  return `each that stays would get about ${inMebibytes(each)} MiB, with room to compact it, and ${said.join(", ")}`;
}

function inMebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
