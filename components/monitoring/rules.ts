import { type Alert, ALERTS, type Select, WANTED } from "./alerts";
import type { MonitoredDatabaseArgs } from "./args";

/** The page that says what each alert means, and what to do. */
const PAGE = "docs/monitoring.md";

/** A rule, as a file of Prometheus has it. */
export interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** Rules, as a file of Prometheus or a PrometheusRule has them. */
export interface RuleGroup {
  name: string;
  rules: Rule[];
}

/** Where the page with the alerts is to be read. @default the alerts name it alone */
type Page = string | undefined;

/** The rules for databases of a namespace: those are missed that should be there. */
export function rulesFor(
  namespace: string,
  databases: readonly MonitoredDatabaseArgs[],
  page?: Page,
): RuleGroup[] {
  const wanted = databases
    .filter(({ paused }) => paused !== true)
    .map(({ name, replicas }) => ({
      record: WANTED,
      expr: `vector(${replicas})`,
      labels: { namespace, database: name },
    }));
  return [groupOf(`stateful ${namespace}`, wanted, selecting(`namespace="${namespace}"`), page)];
}

/** The rules for all databases that a Prometheus sees. One that is gone is missed for an hour: nothing says that it should be there. */
export function rulesForAll(page?: Page): RuleGroup[] {
  const of = selecting();
  const expr = `max by (namespace, database) (last_over_time(${of("stateful_replicas")}[1h]))`;
  return [groupOf("stateful", [{ record: WANTED, expr }], of, page)];
}

function groupOf(name: string, wanted: Rule[], of: Select, page: Page): RuleGroup {
  return { name, rules: [...wanted, ...ALERTS.map((alert) => ruleOf(alert, of, page))] };
}

function selecting(...always: string[]): Select {
  return (figure, ...matchers) => {
    const all = [...always, ...matchers];
    return all.length === 0 ? figure : `${figure}{${all.join(",")}}`;
  };
}

function ruleOf({ name, severity, expression, lasting, summary }: Alert, of: Select, page: Page): Rule {
  const anchor = `#${name.toLowerCase()}`;
  return {
    alert: name,
    expr: expression(of),
    for: lasting,
    labels: { severity },
    annotations: {
      summary,
      runbook: `${PAGE}${anchor}`,
      ...(page === undefined ? {} : { runbook_url: `${page}${anchor}` }),
    },
  };
}
