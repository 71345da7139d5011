import { MYSQL_PORT } from "../../components/mysql/protocol";
import type { Reached } from "../core/engine";
import type { Ordinal } from "../core/types";
import type { GroupPassword } from "./group-password";
import { type RootConnection, type Row, text } from "./sql";
import { type GroupMember, ordinalOf } from "./status";

/** How long running transactions may take to end before a hand-over cuts them off, s. */
const TRANSACTIONS_END = 5;

/** What a group is started with. */
export interface GroupStart {
  cluster: string;
  /** Members that are in it. */
  seeds: readonly Reached[];
  /** Whether it begins with this member. */
  bootstraps: boolean;
}

/** A server's place in its group. */
export class Group {
  /** @param useCertificate - has the server take over the one that is mounted. */
  constructor(
    private readonly self: Reached,
    private readonly root: RootConnection,
    private readonly password: GroupPassword,
    private readonly useCertificate: () => Promise<void>,
  ) {}

  async start({ cluster, seeds, bootstraps }: GroupStart): Promise<void> {
    const set = async (name: string, value: string | number): Promise<void> => {
      await this.root.run(`SET GLOBAL group_replication_${name} = ?`, [value]);
    };
    await this.root.run("SET GLOBAL offline_mode = ON");
    // The group's other members verify it before this one serves.
    await this.useCertificate();
    await set("group_name", cluster);
    // Addresses, not names: those of a pod that was restarted lead to its former self for seconds.
    await set("local_address", endpoint(this.self));
    await set("advertise_recovery_endpoints", endpoint(this.self));
    await set("group_seeds", seeds.map(endpoint).join(","));
    // The lowest ordinal is elected first, as it is the last that a rolling update stops.
    await set("member_weight", Math.max(1, 100 - this.self.ordinal));
    await this.password.give();
    try {
      // Said each time: left on by a bootstrap that was cut off, it would bootstrap a second group.
      await set("bootstrap_group", bootstraps ? "ON" : "OFF");
      await this.root.runLong("START GROUP_REPLICATION");
    } finally {
      if (bootstraps) await set("bootstrap_group", "OFF");
    }
  }

  /** Both ways end the same: out of the group, read-only, clients out. */
  async leave(): Promise<void> {
    await this.root.run("SET GLOBAL offline_mode = ON");
    await this.root.runLong("STOP GROUP_REPLICATION");
    await this.root.run("SET GLOBAL super_read_only = ON");
  }

  async promote(target: Ordinal): Promise<void> {
    const id = (await this.members()).find((member) => ordinalOf(member.host) === target)?.id;
    if (id === undefined) throw new Error(`member ${target} is not in the group`);
    await this.root.runLong(`SELECT group_replication_set_as_primary(?, ${TRANSACTIONS_END})`, [id]);
  }

  /** Others that are in it and serve. */
  async othersOnline(): Promise<Ordinal[]> {
    const online = (await this.members()).filter(({ state }) => state === "ONLINE");
    return online
      .map(({ host }) => ordinalOf(host))
      .filter((ordinal): ordinal is Ordinal => ordinal !== undefined && ordinal !== this.self.ordinal);
  }

  async members(): Promise<GroupMember[]> {
    const rows = await this.root.run(
      `SELECT member_id AS id, member_host AS host, member_state AS state, member_role AS role
         FROM performance_schema.replication_group_members`,
    );
    return rows.map((row: Row) => ({
      id: text(row["id"]),
      host: text(row["host"]),
      state: text(row["state"]),
      role: text(row["role"]),
    }));
  }
}

/** Where a member's server listens, as an option's value. */
function endpoint({ address }: Reached): string {
  return address.includes(":") ? `[${address}]:${MYSQL_PORT}` : `${address}:${MYSQL_PORT}`;
}
