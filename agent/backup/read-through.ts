/** What came of reading all of a copy. @throws Error that names the first of what is broken */
export function checkSound(broken: readonly string[]): void {
  if (broken.length > 0) throw new Error(`the copy is broken: ${broken.slice(0, 5).join("; ")}`);
}

/** The first column of a query's first row as text; `undefined` where there is none. */
export function firstValue(row: object = {}): string | undefined {
  const [value] = Object.values(row) as unknown[];
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}
