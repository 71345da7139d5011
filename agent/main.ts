import { StoreError } from "./backup/store/store";
import { jsonLog, messageOf } from "./core/log";

/** An engine's entry: `main.ts` of its folder. */
interface EngineEntry {
  run: () => Promise<void>;
}

/** The agent's entry: runs the engine that its container names. The other engines' code is not even loaded. */
async function main(): Promise<void> {
  const engine = process.env["STATEFUL_ENGINE"] ?? "";
  if (engine === "") throw new Error("the agent's environment is wrong: STATEFUL_ENGINE is missing");
  const { run } = await entryOf(engine);
  await run();
}

async function entryOf(engine: string): Promise<EngineEntry> {
  try {
    // The bundler finds every folder's `main.ts` by this pattern.
    return (await import(`./${engine}/main.ts`)) as EngineEntry;
  } catch (error) {
    throw new Error(`STATEFUL_ENGINE is "${engine}", which cannot be loaded: ${messageOf(error)}`);
  }
}

main().catch((error: unknown) => {
  // What to do is said to who reads the log of a Job.
  const { advice } = error instanceof StoreError ? error : {};
  jsonLog("error", messageOf(error), advice === undefined ? {} : { advice });
  process.exit(1);
});
