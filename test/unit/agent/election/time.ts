/** Time that passes only when it is told to: events in their order, each with all that follows from it at once. */
export class VirtualTime {
  now = 0;
  private count = 0;
  private readonly heap: { at: number; order: number; run: () => void }[] = [];

  after(delay: number, run: () => void): void {
    const { heap } = this;
    const event = { at: this.now + Math.max(0, delay), order: this.count++, run };
    let place = heap.push(event) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!before(event, heap[above]!)) break;
      heap[place] = heap[above]!;
      place = above;
    }
    heap[place] = event;
  }

  async sleep(delay: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.after(delay, resolve);
    });
  }

  async pass(duration: number): Promise<void> {
    const end = this.now + duration;
    for (let next = this.heap[0]; next && next.at <= end; next = this.heap[0]) {
      this.pop();
      this.now = next.at;
      next.run();
      await settled();
    }
    this.now = end;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let next = 2 * place + 1;
      if (next >= heap.length) break;
      if (next + 1 < heap.length && before(heap[next + 1]!, heap[next]!)) next++;
      if (!before(heap[next]!, last)) break;
      heap[place] = heap[next]!;
      place = next;
    }
    heap[place] = last;
  }
}

function before(a: { at: number; order: number }, b: { at: number; order: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Longest chain of promises that follows from one event. */
const TURNS = 24;

async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
}

/** The same numbers for the same seed (xorshift). */
export function randomOf(seed: number): () => number {
  let state = (seed * 2654435761 + 88675123) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}
