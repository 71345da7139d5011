import type { LeftOut } from "../engine";

/** Nothing of it is measured. */
export const mysql: LeftOut = {
  leftOut: "its usual tool, sysbench, is in no image of the test bed, and nothing here loads it yet",
};
