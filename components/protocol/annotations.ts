import { DOMAIN } from "./labels";

// Of what the agents say, and are told.

/** On a pod: what its agent is doing, for people. */
export const STATE = `${DOMAIN}/state`;
/** On a pod: the same for programs, one of `REASONS`. */
export const REASON = `${DOMAIN}/reason`;
/** On a pod: what is not as it was asked for, a list in JSON. */
export const NOTICES = `${DOMAIN}/notices`;
/** On an EndpointSlice: when its addresses were true. */
export const FENCE = `${DOMAIN}/fence`;
/** On the bootstrap marker: the member that an operator chooses to recover from. */
export const RECOVER_FROM = `${DOMAIN}/recover-from`;
/** On the bootstrap marker of a ring: how many members an operator wants it to have, fewer than there are. */
export const SCALE_IN_TO = `${DOMAIN}/scale-in-to`;
/** On the bootstrap marker of a ring: the loss of a disk, by its word, after which an operator has the member join without a repair before. */
export const JOIN_UNREPAIRED = `${DOMAIN}/join-unrepaired`;
/** On the bootstrap marker: the database began as a copy of another one, and follows it still or was promoted (`FollowState`). */
export const FOLLOWS = `${DOMAIN}/follows`;
/** There: an operator has it promoted, as soon as it has this position of its source, or with what it has (`ACCEPT_LOSS`). */
export const PROMOTE = `${DOMAIN}/promote`;
/** On the bootstrap marker of any database: an operator lets nobody write to it, until it is removed. Any text that says why. */
export const FENCED = `${DOMAIN}/fenced`;
/** On the StatefulSet of a ring: how many members that has. With fewer pods, rows would lack copies. */
export const MEMBERS = `${DOMAIN}/members`;
/** On the StatefulSet of a paused database: how many members it has. */
export const PAUSED = `${DOMAIN}/paused`;
/** On the StatefulSet: when agents may replace its pods (`Maintenance`, in JSON). Without it, Kubernetes does. */
export const MAINTENANCE = `${DOMAIN}/maintenance`;
/** There: the revision whose pods an operator wants at once, whatever the window, the primary's among them. */
export const REPLACE_NOW = `${DOMAIN}/replace-now`;
/** On the primary's pod: until when all that was committed is in the backup, as `2026-01-31T10:15:00.000Z`. */
export const RESTORABLE = `${DOMAIN}/restorable`;
/** On the Lease of a primary that the agents elect: what has no place in the Lease's own fields, in JSON. */
export const ELECTION = `${DOMAIN}/election`;

// Of what the program, the commands and later runs of them go by.

/** On an object that changes in place: the version of the database's server, so that its change can be refused. */
export const VERSION = `${DOMAIN}/version`;
/** There: what the database is for, likewise. */
export const MODE = `${DOMAIN}/mode`;
/** On a StatefulSet: what its database began with, likewise. */
export const RESTORED_FROM = `${DOMAIN}/restored-from`;
/** On a claim: what its volume may grow to by itself. So its present size is not what stands in the stack. */
export const GROWS_UP_TO = `${DOMAIN}/grows-up-to`;
/** On a Secret: what its passwords are to be made for. A change of it has the Secret looked at anew. */
export const ROTATION_WANTED = `${DOMAIN}/password-rotation-wanted`;
/** On a Secret: the rotation that its passwords were made for. */
export const ROTATION_IN_FORCE = `${DOMAIN}/password-rotation`;
/** On a Secret whose user changes with its password: the name that both users are made of. */
export const ALTERNATE_USER_OF = `${DOMAIN}/alternate-user-of`;
/** On such a Secret: key of the password that the user changes with, where it is not `password`. */
export const ALTERNATES_WITH = `${DOMAIN}/alternates-with`;
/** On a Secret with several users that change with their passwords: their names, with a comma between two. */
export const ALTERNATE_USERS = `${DOMAIN}/alternate-users`;
/** On a pod that runs a script of ours: its hash, by which another one comes with new pods. */
export const SCRIPT = `${DOMAIN}/script`;
