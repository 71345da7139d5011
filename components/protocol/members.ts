/** The most members that a cluster can have: the limit of Group Replication and of a replica set's voters. */
export const MAX_MEMBERS = 9;

/** The fewest members of a ring that survives the loss of one: as many as hold each row. */
export const FEWEST_IN_RING = 3;
