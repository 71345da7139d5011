/** What holds of a schedule where nothing is said. */
export const SCHEDULE_DEFAULTS = {
  timeZone: "Etc/UTC",
  startingDeadline: "1h",
  retries: 3,
  keptRuns: 3,
} as const;
