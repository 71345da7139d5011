/** One program from its entry, in a single file that Node runs. */
export function compile(entry: string): Promise<Uint8Array>;
