import { METRICS_PORT } from "../protocol/ports";
import type { ScrapingArgs } from "./args";

/** What pods carry for Prometheus to find them, as its usual configurations for pods read it. */
export function scrapeAnnotations(
  monitoring: ScrapingArgs | undefined,
  { port, path } = { port: METRICS_PORT, path: "/metrics" },
): Record<string, string> {
  if (monitoring?.annotations === false) return {};
  return {
    "prometheus.io/scrape": "true",
    "prometheus.io/port": String(port),
    "prometheus.io/path": path,
  };
}
