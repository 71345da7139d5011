import type { Clock } from "./clock";

/**
 * For how long the value before the present one still counts, ms. The kubelet brings a changed Secret to one pod up to
 * a minute and a half after another one, and a failed attempt of its own may double that.
 */
const KEPT = 300_000;

/** A value of the Secret that all members share. */
interface Known {
  value: string;
  /** When this member first saw it; `undefined` if it was there from the start. */
  since: number | undefined;
  /** When another one took its place. */
  replaced: number | undefined;
}

/**
 * What all members know and nobody else does: a password of their Secret, as it is now and, for a while, as it was
 * before. So members go on knowing each other while a changed one has come to some of them and not yet to others.
 */
export class SharedSecret {
  private known: Known[] = [];

  /** @param read - reads the present value; rejects when there is none that is good for anything. */
  constructor(
    private readonly read: () => Promise<string>,
    private readonly clock: Clock,
  ) {}

  /** All values that count, the present one first. Rejects when there is no present one. */
  async values(): Promise<[string, ...string[]]> {
    const present = await this.learn();
    return [present, ...this.known.map(({ value }) => value).filter((value) => value !== present)];
  }

  /**
   * The value to show oneself by where only one can be shown: for `patience` ms still the one before, so that the others
   * know the new one when they see it.
   */
  async shown(patience: number): Promise<string> {
    const present = await this.learn();
    const [newest, before] = this.known;
    const fresh = newest?.since !== undefined && this.clock() - newest.since < patience;
    return fresh && before ? before.value : present;
  }

  private async learn(): Promise<string> {
    const present = await this.read();
    const now = this.clock();
    const [newest] = this.known;
    if (newest?.value !== present) {
      if (newest) newest.replaced = now;
      const rest = this.known.filter(({ value }) => value !== present);
      this.known = [{ value: present, since: newest && now, replaced: undefined }, ...rest];
    }
    this.known = this.known.filter(({ replaced }) => replaced === undefined || now - replaced < KEPT);
    return present;
  }
}
