/** Every fault of the matrix, in its order. */
export const faultNames = [
  "pod-deleted",
  "server-killed",
  "node-stopped",
  "partition",
  "disk-lost",
  "disk-full",
  "disk-hung",
  "all-pods-killed",
  "large-transaction",
  "cpu-starved",
  "api-server-down",
  "rolling-update",
] as const;

export type FaultName = (typeof faultNames)[number];

/** What only a backup helps against, in the matrix's order, below the others. */
export const lossNames = ["volumes-lost", "table-dropped"] as const;

export type LossName = (typeof lossNames)[number];

/** Whether it is one of these. */
export function isLoss(name: string): name is LossName {
  return (lossNames as readonly string[]).includes(name);
}
