/** Whether a version is older than another, as far as both say: 9.7 is not older than 9.7.4. */
export function isOlder(version: string, than: string): boolean {
  const parts = (text: string): number[] => (/^\d+(\.\d+)*/.exec(text)?.[0].split(".") ?? []).map(Number);
  const other = parts(than);
  for (const [index, part] of parts(version).entries()) {
    const there = other[index];
    if (there === undefined || part === there) continue;
    return part < there;
  }
  return false;
}
