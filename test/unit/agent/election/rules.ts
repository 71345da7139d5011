/** What can be switched off, to see that it is needed. */
export interface Rules {
  /** Who takes over, and goes on, needs a majority. */
  votes: boolean;
  /** A server refuses writes while too few follow. */
  minReplicas: boolean;
  /** A server that was started, or detached, lets nobody follow it. */
  hold: boolean;
  /** The lease is replaced only at the version that was read. */
  compare: boolean;
  /** Data tells the term that it is of. */
  terms: boolean;
}

export const ALL: Rules = { votes: true, minReplicas: true, hold: true, compare: true, terms: true };
