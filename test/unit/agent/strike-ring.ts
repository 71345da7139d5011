import type { Simulation } from "./simulation";

/** Lets random faults strike a ring, and mends what they left: a server or a pod that ends, a lost disk, no API server. */
export async function strikeRing(simulation: Simulation): Promise<void> {
  const { world } = simulation;
  world.faults = 0.05;
  for (let round = 0; round < 15; round++) {
    const victim = Math.floor(world.random() * simulation.size);
    const choice = world.random();
    if (choice < 0.3) world.server(victim).crash();
    else if (choice < 0.5) simulation.killPod(victim);
    else if (choice < 0.7) await simulation.restartPod(victim);
    else if (choice < 0.8 && simulation.converged()) simulation.loseDisk(victim);
    else if (choice < 0.9) world.network.api.delete(victim);
    else world.heal();
    for (let step = world.random() * 30; step > 0; step--) await simulation.step();
  }
  world.faults = 0;
  world.heal();
}
