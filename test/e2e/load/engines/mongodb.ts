import type { LeftOut } from "../engine";

/** Nothing of it is measured. */
export const mongodb: LeftOut = {
  leftOut:
    "the test bed has a stand-in for its server, which no package registry has, and the figures of that would be of no use",
};
