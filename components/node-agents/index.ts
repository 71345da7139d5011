/**
 * What a program that uses the library sees of the agents on every node: logs that are collected, figures of nodes.
 *
 * @module
 */
export type {
  LogCollectionArgs,
  LogCredentialsArgs,
  LogDestinationArgs,
  LogEndpointArgs,
  LogFormatArgs,
  LogLokiArgs,
  LogOpenSearchArgs,
  LogS3Args,
  NodeAgentArgs,
  NodeAgentMonitoringArgs,
  NodeMonitoringArgs,
} from "./args";
export { LogCollection } from "./log-collection";
export { NodeMonitoring } from "./node-monitoring";
