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
