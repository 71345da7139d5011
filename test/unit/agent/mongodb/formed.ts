import type { Rules } from "./member-engine";
import { World } from "./world";

/** Agents and servers of a set that serves. */
export async function formed(size: number, seed: number, rules: Rules = {}): Promise<World> {
  const world = new World(size, seed, rules);
  await world.converge();
  await world.acknowledge();
  return world;
}

/** For how long no write was acknowledged. */
export async function gap(world: World, fault: () => void | Promise<void>): Promise<number> {
  const start = world.time.now;
  await fault();
  const before = world.acknowledged.size;
  await world.until("a write is acknowledged", () => world.acknowledged.size > before);
  return world.time.now - start;
}

/** Who is in the set. */
export const listed = (world: World): number[] =>
  (world.primary()?.disk.kept.config?.members ?? []).map(({ _id }) => _id).sort((a, b) => a - b);
