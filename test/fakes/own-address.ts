/**
 * Addresses of this machine where only this process of tests listens, so that several can run at a time: servers with fixed
 * ports, or with the same one at several addresses, are in nobody's way.
 *
 * @param last - its last part, 1 to 254
 */
export function ownAddress(last: number): string {
  const { pid } = process;
  // Not 127.0.*, which others use as they like.
  return `127.${1 + (Math.floor(pid / 256) % 254)}.${pid % 256}.${last}`;
}
