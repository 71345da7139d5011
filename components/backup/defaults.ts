import { DrillInterval } from "./args";

/** What holds where a backup does not say otherwise. */
export const BACKUP_DEFAULTS = {
  region: "us-east-1",
  window: "01:00-05:00",
  retention: "14d",
  recoveryPoint: "10s",
  memory: "1Gi",
  keepLogsPercent: 25,
  drill: DrillInterval.Weekly,
} as const;
