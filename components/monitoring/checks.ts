import { checkBytes, checkCpu, checkImageVersioned, checkLabels } from "../common/checks";
import type { Problems } from "../common/problems";
import { parseSeconds } from "../common/quantity";
import { checkClient } from "../network/checks";
import type {
  ExporterArgs,
  MonitoringArgs,
  PodMonitorArgs,
  PrometheusObjectsArgs,
  PrometheusRuleArgs,
  ScrapingArgs,
} from "./args";

/** Seconds between two scrapes. Above that, alerts that last a minute would see one figure or none. */
const [SHORTEST, LONGEST] = [5, 60];

/** Finds what is wrong with how figures are reached. */
export function checkScraping(monitoring: ScrapingArgs | undefined, problems: Problems): void {
  monitoring?.scrapers?.forEach((scraper, index) => {
    checkClient(scraper, problems.at(`scrapers[${index}]`));
  });
}

/** Finds what is wrong with how a database's figures are reached, and with its exporter, where its engine has one. */
export function checkMonitoring(
  monitoring: MonitoringArgs | undefined,
  { engine, exporter }: { engine: string; exporter?: object },
  problems: Problems,
): void {
  checkScraping(monitoring, problems);
  if (monitoring?.exporter === undefined) return;
  if (exporter === undefined && monitoring.exporter.enabled !== false) {
    problems.add("exporter", {
      allowed: `nothing, for ${engine}: there is no usual exporter of it that runs beside the server`,
      fix: "remove it: the agent's own figures are there all the same",
    });
  }
  checkExporter(monitoring.exporter, problems.at("exporter"));
}

function checkExporter({ image, cpu, memory }: ExporterArgs, problems: Problems): void {
  checkImageVersioned("image", image, problems);
  checkCpu("cpu", cpu, problems);
  checkBytes("memory", memory, "128Mi", problems);
}

/** Finds what is wrong with what Prometheus is told. */
export function checkPrometheusObjects(
  {
    podMonitor,
    prometheusRule,
    dashboards,
  }: Pick<PrometheusObjectsArgs, "podMonitor" | "prometheusRule" | "dashboards">,
  problems: Problems,
): void {
  checkPodMonitor(podMonitor, problems.at("podMonitor"));
  checkPrometheusRule(prometheusRule, problems.at("prometheusRule"));
  checkLabels("labels", dashboards?.labels, problems.at("dashboards"));
}

function checkPodMonitor(podMonitor: PodMonitorArgs | undefined, problems: Problems): void {
  const { interval, labels } = podMonitor ?? {};
  checkLabels("labels", labels, problems);
  if (interval === undefined) return;
  const seconds = parseSeconds(interval);
  if (seconds !== undefined && seconds >= SHORTEST && seconds <= LONGEST) return;
  problems.add("interval", {
    value: interval,
    allowed: `from ${SHORTEST}s to ${LONGEST}s: alerts look at what the last minute had`,
    fix: "write it like 15s, or leave it out for 30s",
  });
}

function checkPrometheusRule(rule: PrometheusRuleArgs | undefined, problems: Problems): void {
  const { labels, runbookUrl } = rule ?? {};
  checkLabels("labels", labels, problems);
  if (runbookUrl === undefined || isPage(runbookUrl)) return;
  problems.add("runbookUrl", {
    value: runbookUrl,
    allowed: "the address of a page, https://… or http://…, without a # of its own",
    fix: "name where your copy of docs/monitoring.md is to be read, or leave it out",
  });
}

function isPage(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !text.includes("#");
}
