import { METRICS_PORT } from "../protocol/ports";
import type { MonitoringArgs } from "./args";

/** What pods carry for Prometheus to find them, as its usual configurations for pods read it. */
export function scrapeAnnotations(monitoring: MonitoringArgs | undefined): Record<string, string> {
  if (monitoring?.annotations === false) return {};
  return {
    "prometheus.io/scrape": "true",
    "prometheus.io/port": String(METRICS_PORT),
    "prometheus.io/path": "/metrics",
  };
}
