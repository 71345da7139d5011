/** What can be used until it ends, by itself or by being closed. */
export interface Ending {
  readonly isOpen: boolean;
  close(): void;
}

/** One that is opened when it is needed, for all who need it at once, and opened again when it has ended. */
export class Kept<T extends Ending> {
  private present: Promise<T> | undefined;

  /** @param open - is told of the one before, if that has ended; not of one that could not be opened */
  constructor(private readonly open: (ended: T | undefined) => Promise<T>) {}

  async get(): Promise<T> {
    for (;;) {
      const { present } = this;
      const held = await present?.catch(() => undefined);
      if (held?.isOpen === true) return held;
      // Another call may have opened one meanwhile.
      if (present !== this.present) continue;
      const opening = this.open(held);
      this.present = opening;
      return await opening;
    }
  }

  close(): void {
    void this.present?.then(
      (held) => {
        held.close();
      },
      () => undefined,
    );
    this.present = undefined;
  }
}
