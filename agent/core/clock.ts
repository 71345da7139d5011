/** Measures for how long something has been so. */
export class Since {
  private start: number | undefined;
  private key: string | undefined;

  /**
   * @param holds - whether it is so now.
   * @param key - what it is; another one starts the measure again.
   * @returns for how long it has been so, in ms; 0 when it is not or has just begun.
   */
  measure(holds: boolean, key = ""): number {
    const now = performance.now();
    if (!holds) {
      this.start = undefined;
      return 0;
    }
    if (this.start === undefined || this.key !== key) this.start = now;
    this.key = key;
    return now - this.start;
  }
}
