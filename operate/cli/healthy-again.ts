import { waitUntilHealthy } from "../status/readiness";
import type { ChosenDatabase } from "./chosen-database";

/** Waits until all of a database is ready, and tells what happens meanwhile. @returns the exit status */
export async function untilHealthyAgain({ name, config, target }: ChosenDatabase): Promise<number> {
  const begun = performance.now();
  const seconds = () => `${Math.round((performance.now() - begun) / 1000)} s`;
  // Of the set, its kind and name are all that is looked at.
  const set = { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name, namespace: config.namespace } };
  try {
    await waitUntilHealthy(
      target.kubectl,
      { namespace: config.namespace, objects: [set], config },
      {
        onProgress: (pod, state) => {
          if (pod.startsWith(`${name}-`)) console.error(`  ${seconds().padStart(5)}  ${pod}: ${state}`);
        },
      },
    );
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
  console.log(`${name}: all members are ready, after ${seconds()}`);
  return 0;
}
