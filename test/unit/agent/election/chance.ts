import type { Ordinal } from "../../../../agent/core/types";
import type { World } from "./world";

/** Data of one member is lost, or is an earlier state again, while all others have theirs. */
export function diskFault(world: World): void {
  const victim = world.random() < 0.5 ? (world.lease.holder ?? 0) : Math.floor(world.random() * world.size);
  const replica = world.replicas[victim]!;
  if (world.random() < 0.6) replica.loseDisk();
  else replica.restoreDisk(Math.floor(world.random() * replica.log.length));
  if (world.random() < 0.5) world.startAgent(victim);
}

/** Something fails, or all is well again. */
export function randomFault(world: World): void {
  const pick = (): Ordinal => Math.floor(world.random() * world.size);
  const victim = world.random() < 0.5 ? (world.lease.holder ?? pick()) : pick();
  const replica = world.replicas[victim]!;
  const choice = world.random();
  if (choice < 0.12) replica.crash();
  else if (choice < 0.2) world.startAgent(victim);
  else if (choice < 0.28) {
    replica.crash();
    world.startAgent(victim);
  } else if (choice < 0.36) world.pause(victim, 500 + world.random() * 15_000);
  else if (choice < 0.46) world.isolate(victim);
  else if (choice < 0.56) {
    const ways = ["agents", "servers", "both"] as const;
    world.cut(victim, pick(), ways[Math.floor(world.random() * 3)]!);
    world.cut(pick(), victim, ways[Math.floor(world.random() * 3)]!);
  } else if (choice < 0.62) for (const { ordinal } of world.replicas) world.apiCut.add(ordinal);
  else if (choice < 0.68) world.apiCut.add(victim);
  else if (choice < 0.71) world.apiSlow.add(victim);
  else if (choice < 0.74) world.setClock(victim, (world.random() * 2 - 1) * 1e5);
  else if (choice < 0.78) world.loss = 0.1 + world.random() * 0.3;
  else if (choice < 0.82) {
    for (const one of world.replicas) {
      one.crash();
      if (world.random() < 0.5) world.startAgent(one.ordinal);
    }
  } else if (choice < 0.85) {
    world.isolate(victim);
    world.pause(victim, 8_000);
  } else if (choice < 0.88) void world.processes[victim]!.elector.handOver(pick()).catch(() => undefined);
  else world.heal();
}
