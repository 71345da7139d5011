/** Where a member is in the log. */
export interface Position {
  /** Counts the promotions. */
  timeline: number;
  /** Byte of the log. */
  at: number;
  /** The first byte of the log that is still there, where that is known: a primary's. */
  keptFrom?: number;
}

/** A position as one member's agent tells it to another's: `TIMELINE/BYTE`, a primary's with `/FIRST` behind it. */
export function printPosition({ timeline, at, keptFrom }: Position): string {
  return [timeline, at, ...(keptFrom === undefined ? [] : [keptFrom])].join("/");
}

/** Whether a text is a position. */
export function isPosition(text: string): boolean {
  return /^\d{1,15}(\/\d{1,16}){1,2}$/.test(text);
}

/** Reads it again. */
export function parsePosition(text: string): Position {
  const [timeline = 0, at = 0, keptFrom] = text.split("/").map(Number);
  return { timeline, at, ...(keptFrom === undefined ? {} : { keptFrom }) };
}

/** Whether the donor still has all of the log that `own` lacks; so it is taken to where the donor does not tell. */
export function canCatchUp(own: string, donor: string): boolean {
  const { keptFrom } = parsePosition(donor);
  return keptFrom === undefined || parsePosition(own).at >= keptFrom;
}
