import type { LeftOut } from "../engine";

/** Nothing of it is measured. */
export const postgresql: LeftOut = {
  leftOut: "nothing here loads it yet",
};
