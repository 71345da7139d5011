import type * as pulumi from "@pulumi/pulumi";
import type { ClientArgs } from "../network/args";

/** How figures are found and reached. */
export interface ScrapingArgs {
  /**
   * Whether the pods have the annotations `prometheus.io/scrape`, `prometheus.io/port` and `prometheus.io/path`, by which
   * Prometheus finds what to ask. A change restarts the pods. @default true
   */
  annotations?: boolean;
  /** Who may ask for figures, on their port alone, where NetworkPolicies are enforced. @default nobody but the database's own pods */
  scrapers?: ClientArgs[];
}

/** How a database's figures are found and reached, and which there are. */
export interface MonitoringArgs extends ScrapingArgs {
  /**
   * The engine's own figures, by its usual exporter beside each member's server; `{}` for one with the defaults. Turning it on or off
   * replaces the pods, one by one. Not every engine has one, see docs/monitoring.md. @default none
   */
  exporter?: ExporterArgs;
}

/** The usual exporter of an engine, in each member's pod. It asks its own server, by an account that may only look. */
export interface ExporterArgs {
  /** Whether there is one. @default true */
  enabled?: boolean;
  /** Its image, with a shell, by a tag that says a version or by its digest. @default the engine's usual one */
  image?: pulumi.Input<string>;
  /** Processors that are reserved. @default 50m */
  cpu?: string;
  /** Memory that is reserved, and the limit as well. @default 128Mi */
  memory?: string;
}

/** A PodMonitor of the Prometheus operator, by which it finds what to ask. */
export interface PodMonitorArgs {
  /** Whether there is one. @default true */
  enabled?: boolean;
  /** How often figures are asked for, for instance `15s`. @default 30s */
  interval?: string;
  /** Labels by which a Prometheus selects what is its. @default none */
  labels?: Record<string, string>;
}

/** A PrometheusRule of the Prometheus operator, with the alerts of docs/monitoring.md. */
export interface PrometheusRuleArgs {
  /** Whether there is one. @default true */
  enabled?: boolean;
  /** Labels by which a Prometheus selects what is its. @default none */
  labels?: Record<string, string>;
  /** Where docs/monitoring.md is to be read: each alert then has a link to its line. @default the alerts name the page alone */
  runbookUrl?: string;
}

/** ConfigMaps with Grafana's dashboards, as the usual sidecar of Grafana finds them. */
export interface DashboardsArgs {
  /** Whether there are any. @default true */
  enabled?: boolean;
  /** Labels by which the sidecar finds them. @default `grafana_dashboard: "1"` */
  labels?: Record<string, string>;
}

/** A database whose figures are asked for. */
export interface MonitoredDatabaseArgs {
  /** Name of the database. */
  name: string;
  /** How many replicas it should have. */
  replicas: number;
  /** Whether it is paused: nobody is told that it takes no writes, or that its replicas are away. @default false */
  paused?: boolean;
  /** Whether its members have their engine's exporter. @default false */
  exporter?: boolean;
}

/** What Prometheus and Grafana are told of the databases of a namespace. */
export interface PrometheusObjectsArgs {
  /** Namespace of the databases, and of all objects. */
  namespace: pulumi.Input<string>;
  /** The databases. */
  databases: MonitoredDatabaseArgs[];
  /** By what the Prometheus operator finds their pods. @default none */
  podMonitor?: PodMonitorArgs;
  /** What to be woken for. @default none */
  prometheusRule?: PrometheusRuleArgs;
  /** What to look at, by Grafana. @default nothing */
  dashboards?: DashboardsArgs;
  /** More labels for every object. @default none */
  labels?: Record<string, string>;
}
