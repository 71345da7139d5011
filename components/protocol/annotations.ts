import { DOMAIN } from "./labels";

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
/** On the primary's pod: until when all that was committed is in the backup, as `2026-01-31T10:15:00.000Z`. */
export const RESTORABLE = `${DOMAIN}/restorable`;
/** On the Lease of a primary that the agents elect: what has no place in the Lease's own fields, in JSON. */
export const ELECTION = `${DOMAIN}/election`;
