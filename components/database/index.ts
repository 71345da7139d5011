/**
 * What databases of all engines have in common.
 *
 * @module
 */
export {
  type AffinityArgs,
  type DatabaseArgs,
  Durability,
  type LogsArgs,
  type ResourcesArgs,
  Spread,
  type TolerationArgs,
} from "./args";
export { type HugePagesArgs, HugePageSize } from "./huge-pages";
export { type MaintenanceArgs, PrimaryUpdate } from "./maintenance";
export type { FollowArgs, FollowCredentialsArgs } from "./follow-args";
export type { PodArgs, PodMountArgs, PodVolumeArgs, SidecarArgs } from "./pod-args";
export type { ConnectionArgs } from "./connection";
