/**
 * What a program that uses the library sees of applications: programs without data of their own, that use databases.
 *
 * @module
 */
export {
  type ApplicationVolumeArgs,
  type AutoscalingArgs,
  ConcurrencyPolicy,
  type HttpProbeArgs,
  type InitContainerArgs,
  type ScheduleArgs,
  type ScheduleHistoryArgs,
  type StatelessAppArgs,
} from "./args";
export { StatelessApp } from "./stateless-app";
