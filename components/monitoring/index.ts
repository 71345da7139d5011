/**
 * What a program that uses the library sees of monitoring: what Prometheus and Grafana get.
 *
 * @module
 */
export {
  type DashboardsArgs,
  type ExporterArgs,
  type MonitoredDatabaseArgs,
  type MonitoringArgs,
  type PodMonitorArgs,
  type PrometheusObjectsArgs,
  type PrometheusRuleArgs,
  type ScrapingArgs,
} from "./args";
export { PrometheusObjects } from "./prometheus-objects";
