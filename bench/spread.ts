/** Least, middle and most of several runs. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** Of an even number of values the median is the lower of the two in the middle: one that was measured. */
export function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => rounded(sorted[index] ?? NaN);
  return { min: at(0), median: at(Math.floor((sorted.length - 1) / 2)), max: at(sorted.length - 1) };
}

/** To three places. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
