/** The most members that a cluster can have: the limit of Group Replication and of a replica set's voters. */
export const MAX_MEMBERS = 9;
