/** Durations of an election, ms. Each member measures them by a clock of its own, of which one may be faster than another by a fifth. */
export const ELECTION = {
  /** For how long who has promised so votes for nobody. */
  promise: 6_000,
  /** For how long a primary goes on whom no majority has promised anything, counted from its question. */
  right: 5_000,
  /** For how long a link to the primary may be down until its follower promises nothing more. */
  link: 3_000,
  /** How long an old primary whose agent is dead takes until it refuses writes, once its followers are cut off. */
  backstop: 4_000,
  /** How long who is as good as another, of a lower ordinal, lets that one go first. */
  turn: 1_000,
  /** How long the last primary waits for others that know exactly how far they go. */
  former: 3_000,
  /** How long who has nothing waits for those that have not answered, and may have more. */
  nothing: 10_000,
  /** How long who was given up by its followers lets others go first. */
  abstain: 10_000,
} as const;
