import { messageOf } from "./log";
import type { Notices } from "./notices";

/** Says while accounts cannot be made as the Secret says, in the same words by every engine. @throws what the work threw */
export async function sayingOfAccounts(notices: Notices, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    notices.set("accounts", undefined);
  } catch (error) {
    notices.set("accounts", {
      severity: "problem",
      text: `accounts are not as the Secret says: ${messageOf(error)}`,
    });
    throw error;
  }
}
