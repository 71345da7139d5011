import { type Pod, type Sync, UNANSWERED } from "./types";

/** For how long a lock lives that nobody renews, ms. */
const TTL = 20_000;
/** How long a primary tries to reach the API server, ms. */
const RETRY = 5_000;

/** The lock as each member last saw it change, by its own clock. */
const seen = new WeakMap<Pod, { version: string; at: number }>();

/** One cycle of Patroni's, as far as election and quorum go (`Ha._run_cycle` of 4.1). */
export async function patroniCycle(member: Pod): Promise<void> {
  const { world } = member;
  const { api } = world;
  const view = await api
    .ask(member, () => ({ lock: { ...api.lock }, sync: { ...api.sync, voters: [...api.sync.voters] } }))
    .catch(() => undefined);
  if (view === undefined) {
    await withoutApi(member);
    return;
  }
  if (member.role === "down") member.role = "standby";
  if (seen.get(member)?.version !== view.lock.version)
    seen.set(member, { version: view.lock.version, at: member.now });
  if (view.lock.leader === member.name) {
    await lead(member, view.sync);
    return;
  }
  const expired = member.now - (seen.get(member)?.at ?? member.now) > TTL;
  if (view.lock.leader !== undefined && !expired) {
    if (member.role === "primary") member.demote();
    const leader = world.members.find(({ name }) => name === view.lock.leader);
    if (leader && leader !== member && view.lock.address !== undefined) {
      // What it follows is where the holder was when it wrote that.
      if (leader.role === "primary") member.follow(leader);
      member.host = view.lock.address;
    }
    return;
  }
  await race(member, view);
}

type View = { lock: { version: string; leader?: string }; sync: Sync };

/** A primary goes on while all members say that they follow. */
async function withoutApi(member: Pod): Promise<void> {
  if (member.role !== "primary") return;
  const { world } = member;
  const end = member.now + RETRY;
  while (member.now < end) {
    await member.sleep(500);
    const others = world.members.filter((one) => one !== member);
    const follow = others.every((one) => world.reaches(member, one) && one.runsNow && one.role !== "primary");
    if (follow || world.api.isReached(member)) return;
  }
  member.demote();
}

/** Renews the lock, and sees then to who acknowledges commits. */
async function lead(member: Pod, sync: Sync): Promise<void> {
  const { api } = member.world;
  const { now } = member;
  const renewed = await api
    .ask(member, () => {
      // It is read again when it has another version: only its holder matters.
      if (api.lock.leader !== member.name) return false;
      api.writeLock({ address: member.address });
      return true;
    })
    .catch(() => undefined);
  if (renewed === undefined) {
    if (member.now - now > 1_500) await withoutApi(member);
    return;
  }
  if (!renewed) {
    if (member.role === "primary") member.demote();
    return;
  }
  if (member.role !== "primary") {
    await promote(member, sync);
    return;
  }
  if (member.now - member.promotedAt < 2_000) return;
  await member.sleep(member.world.between(0, 1_500));
  await keepQuorum(member, sync);
}

async function promote(member: Pod, sync: Sync): Promise<void> {
  const known = [...new Set([...sync.voters, ...(sync.leader === undefined ? [] : [sync.leader])])];
  member.numsync = Math.max(1, known.length - sync.quorum - 1 + (known.includes(member.name) ? 0 : 1));
  member.names = known.filter((name) => name !== member.name);
  await member.sleep(member.world.between(50, 600));
  member.promote();
}

/** Whom commits wait for is in the API server before it is so, and leaves it after. */
async function keepQuorum(member: Pod, from: Sync): Promise<void> {
  const { world } = member;
  const { api } = world;
  let { version } = from;
  const write = async (voters: string[]): Promise<void> => {
    const change = { leader: member.name, voters, quorum: Math.max(0, voters.length - 1) };
    ({ version } = await api.ask(member, () => {
      if (version !== api.sync.version) throw new Error("409");
      return api.writeSync(change);
    }));
    await member.sleep(world.between(0, 500));
  };
  const active = world.members
    .filter((one) => one !== member && one.receiver !== undefined && world.at(one.receiver.host) === member)
    .filter((one) => one.now >= (one.receiver?.from ?? Infinity) && world.reaches(one, member))
    .map(({ name }) => name);
  const { names } = member;
  if (from.leader !== member.name) await write([...new Set([...names, ...from.voters])].filter(isOther));
  const added = [...new Set([...names, ...active])].filter(isOther);
  if (added.some((name) => !names.includes(name)) || added.length > from.voters.length) {
    await write(added);
    member.names = added;
    member.numsync = 1;
  }
  if (active.length > 0 && active.length < added.length) {
    member.names = active;
    member.numsync = 1;
    const { length } = member.log;
    await member.sleep(1_000);
    // Those that stay have what was acknowledged by those that go (`sync_confirmed`).
    if (active.every((name) => (member.flushed.get(name) ?? 0) >= length)) await write(active);
  }

  function isOther(name: string): boolean {
    return name !== member.name;
  }
}

/** Nobody has the lock: who has all that was acknowledged, by the quorum's votes, takes it. */
async function race(member: Pod, { lock, sync }: View): Promise<void> {
  const { world } = member;
  const { api } = world;
  const begins = sync.leader === undefined;
  if (begins ? member.ordinal !== 0 : !(await isHealthiest(member, sync))) return;
  await api.ask(member, () => {
    if (lock.version !== api.lock.version) throw new Error("409");
    api.writeLock({ leader: member.name, address: member.address });
  });
  if (member.role === "primary") return;
  if (begins) {
    await api.ask(member, () => api.writeSync({ leader: member.name, voters: [], quorum: 0 }));
    member.names = [];
    member.promote();
  } else await promote(member, sync);
}

/**
 * `Ha.is_healthiest_node` and `_is_healthiest_node`, but for one rule: a former leader that reaches nobody takes the lock as well. Where the one after it
 * is lost before it has written that it leads, that costs what it acknowledged, with or without what is tried here.
 */
async function isHealthiest(member: Pod, sync: Sync): Promise<boolean> {
  const { world } = member;
  if (member.role === "primary") {
    // Somebody else may have been elected since.
    const isNewest = member.term === world.term;
    if (!isNewest) member.demote();
    return isNewest;
  }
  const electorate = [...sync.voters, sync.leader];
  let unanswered = false;
  let votes = electorate.includes(member.name) ? 0 : -1;
  for (const other of world.members.filter((one) => one !== member)) {
    if (!world.reaches(member, other) || !other.runsNow || other.role === "down") {
      unanswered = true;
      continue;
    }
    if (other.role === "primary") return false;
    const votesFor = electorate.includes(other.name);
    if (isAhead(other, member)) {
      if (sync.leader !== other.name) return false;
      continue;
    }
    const isEqual = !isAhead(member, other);
    if (isEqual && votesFor && other.ordinal < member.ordinal && sync.leader !== other.name) return false;
    if (votesFor) votes++;
  }
  if (unanswered) await member.sleep(UNANSWERED);
  return votes >= sync.quorum;
}

function isAhead(one: Pod, other: Pod): boolean {
  const [a, b] = [one.log.at(-1)?.term ?? 0, other.log.at(-1)?.term ?? 0];
  return a > b || (a === b && one.log.length > other.log.length);
}
