import { MYSQL_PORT } from "../../components/mysql/protocol";
import { PASSWORD_FILES, REPLICATION_USER } from "../../components/protocol/accounts";
import { monotonic } from "../core/clock";
import type { Credentials } from "../core/credentials";
import type { Reached } from "../core/engine";
import { readPassword } from "./passwords";
import { type RootConnection, text } from "./sql";

/** How long a server may take to come back after it was cloned to, ms. */
const RESTART_WITHIN = 600_000;

/** Has a server take a full copy of another one's data, by the CLONE plugin. */
export async function clone(root: RootConnection, credentials: Credentials, donor: Reached): Promise<void> {
  const password = await readPassword(credentials, PASSWORD_FILES.replication);
  // CLONE takes no IPv6 address. Other addresses hold at once, while names lead to a pod's former self for seconds.
  const source = donor.address.includes(":") ? donor.host : donor.address;
  await root.run("SET GLOBAL clone_valid_donor_list = ?", [`${source}:${MYSQL_PORT}`]);
  // CLONE drops what is there, which a read-only server refuses; clients are out all the while.
  await root.run("SET GLOBAL super_read_only = OFF");
  try {
    await root.runLong(`CLONE INSTANCE FROM ?@?:${MYSQL_PORT} IDENTIFIED BY ? REQUIRE SSL`, [
      REPLICATION_USER,
      source,
      password,
    ]);
  } catch (error) {
    if (!isRestart(error)) {
      await root.run("SET GLOBAL super_read_only = ON").catch(() => undefined);
      throw error;
    }
  }
  await cloned(root);
}

/** Waits for the server's restart and reads how the clone ended. */
async function cloned(root: RootConnection): Promise<void> {
  const end = monotonic() + RESTART_WITHIN;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const rows = await root
      .run("SELECT state, error_no AS code, error_message AS message FROM performance_schema.clone_status")
      .catch(() => undefined);
    const state = text(rows?.at(0)?.["state"]);
    if (state === "Completed") return;
    if (state === "Failed") throw new Error(`clone failed: ${text(rows?.at(0)?.["message"])}`);
    if (monotonic() > end) throw new Error("the server did not come back after it was cloned to");
  }
}

/** Whether an error is the restart that ends a clone: the connection breaks. */
function isRestart(error: unknown): boolean {
  const { code } = error as { code?: string };
  return ["PROTOCOL_CONNECTION_LOST", "ECONNRESET", "EPIPE", "ER_SERVER_SHUTDOWN"].includes(code ?? "");
}
