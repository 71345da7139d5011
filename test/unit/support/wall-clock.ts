/** Lets the time of day jump an hour ahead each time that somebody asks for it, as when a clock is set. */
export async function whileClockJumps<T>(work: () => Promise<T>): Promise<T> {
  const { now } = Date;
  let hours = 0;
  Date.now = () => now() + ++hours * 3_600_000;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}
