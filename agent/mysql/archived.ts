import type { Positions } from "../core/engine";
import { contains, parseGtids, printGtids, unite } from "./gtid";

/** Positions of logs that are stored: sets of GTIDs. File names and offsets of one member say nothing of another's. */
export const positions: Positions = {
  contains: (whole, part) => contains(parseGtids(whole), parseGtids(part)),
  unite: (one, other) => printGtids(unite(parseGtids(one), parseGtids(other))),
};
