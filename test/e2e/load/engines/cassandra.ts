import type { LeftOut } from "../engine";

/** Nothing of it is measured. */
export const cassandra: LeftOut = {
  leftOut:
    "its usual tool, cassandra-stress, is not among the jars that its image on the test bed is made of",
};
