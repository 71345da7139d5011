import { monotonic } from "../core/clock";
import type { Supervisor } from "../core/supervisor";
import type { RootConnection } from "./sql";

/** How often a server may end while it is waited for. */
const MOST_FAILURES = 2;

/** How long a server may take to end in good order, ms: it writes what it has in memory. */
const END_WITHIN = 600_000;

/** @throws Error with the server's own words when it does not start. */
export async function untilItAnswers(
  root: RootConnection,
  supervisor: Supervisor,
  patience: number,
): Promise<void> {
  const end = monotonic() + patience;
  for (;;) {
    try {
      await root.run("SELECT 1");
      return;
    } catch (error) {
      if (monotonic() > end) throw error;
    }
    const { failures } = await supervisor.report();
    if (failures > MOST_FAILURES) {
      throw new Error(`the server does not start: ${(await supervisor.log()).trim().slice(-600)}`);
    }
    await pause();
  }
}

/** Ends the server in good order, so that nothing of it is left to recover. */
export async function endServer(root: RootConnection, supervisor: Supervisor): Promise<void> {
  await supervisor.order("hold");
  await root.runLong("SHUTDOWN");
  const end = monotonic() + END_WITHIN;
  while ((await supervisor.report()).running) {
    if (monotonic() > end) throw new Error("the server does not end");
    await pause();
  }
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 500));
}
