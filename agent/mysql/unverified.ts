import type { Notice } from "../core/notices";
import type { RootConnection } from "./sql";

/** What is said of a group that was founded with a certificate which is not valid. */
export const UNVERIFIED = "founded without verifying";
export const DOES_NOT_VERIFY: Notice = {
  severity: "problem",
  text: "this member founded the group with a certificate that is not valid, and does not verify those that join it",
  advice: "put a valid certificate into the Secret, and restart this pod when the others have joined",
};

/**
 * Starts the group by encrypted connections that verify nobody, and then asks for what was asked for before: that holds from
 * its next start on. For a member that is alone in it.
 *
 * @param start - the group.
 */
export async function withoutVerifying(root: RootConnection, start: () => Promise<void>): Promise<void> {
  const [asked] = await root.run(
    "SELECT @@group_replication_ssl_mode AS mode, @@group_replication_recovery_ssl_ca AS authority",
  );
  const verifyBy = async (mode: unknown, authority: unknown): Promise<void> => {
    await root.run("SET GLOBAL group_replication_ssl_mode = ?", [mode]);
    // With an authority it would verify in any mode.
    await root.run("SET GLOBAL group_replication_recovery_ssl_ca = ?", [authority]);
  };
  try {
    await verifyBy("REQUIRED", "");
    await start();
  } finally {
    await verifyBy(asked?.["mode"], asked?.["authority"]);
  }
}
