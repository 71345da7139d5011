import type { RenderedProgram } from "./program";

type Summary = RenderedProgram["outputs"]["databases"][string];

/** The rendered databases as a person wants to see them: a table, and below it the details of each. */
export function describeStack({
  namespace,
  databases,
  applications,
  nodeAgents = {},
  schedules,
}: RenderedProgram["outputs"]): string {
  const rows = Object.entries(databases).map(([name, database]) => [
    name,
    `${database.engine} ${database.version}`,
    `${database.replicas}${database.paused === true ? ", paused" : ""}`,
    database.storage === undefined ? "none" : `${database.replicas} × ${database.storage}`,
    database.endpoints[0]?.address ?? "",
    database.secretName,
  ]);
  const overview = table(["DATABASE", "ENGINE", "REPLICAS", "VOLUMES", "CONNECT TO", "SECRET"], rows);
  const details = Object.entries(databases).map(([name, database]) => describeDatabase(name, database));
  const apps = table(
    ["APPLICATION", "SERVES AT"],
    Object.entries(applications).map(([name, { host, port }]) => [name, `${host}:${port}`]),
  );
  const runs = table(
    ["APPLICATION", "RUNS AT", "TIME ZONE"],
    Object.entries(schedules).map(([name, { cron, timeZone, paused }]) => [
      ...[name, `${cron}${paused === true ? ", paused" : ""}`, timeZone],
    ]),
  );
  const agents = table(
    ["ON EACH NODE", "NAMESPACE", "WHAT"],
    Object.entries(nodeAgents).map(([name, agent]) => [name, agent.namespace, agent.what]),
  );
  const parts = [`namespace ${namespace}`, overview, ...details, apps, runs, agents];
  return parts.filter((part) => part !== "").join("\n\n");
}

function describeDatabase(name: string, database: Summary): string {
  const lines: [string, string[]][] = [
    ["database", [database.database]],
    [
      "volumes",
      [database.storage === undefined ? "none" : `${database.storageClass}: ${database.volumesAt}`],
    ],
    ...database.endpoints.slice(1).map(({ what, address }): [string, string[]] => [what, [address]]),
    ["pods", database.podHosts],
    ["clients", [`pods of the namespace with the label ${database.clientLabel}, and those allowed by name`]],
    ["survives", database.guarantees.survives],
    ["can lose", database.guarantees.canBeLost],
    ["memory", [database.memory]],
  ];
  const width = Math.max(...lines.map(([title]) => title.length));
  const body = lines.flatMap(([title, texts]) =>
    texts.map((text, index) => `  ${(index === 0 ? title : "").padEnd(width)}  ${text}`),
  );
  return [name, ...body].join("\n");
}

/** A table of texts, its columns as wide as their longest cell. Nothing where there are no rows. */
export function table(heading: string[], rows: string[][]): string {
  if (rows.length === 0) return "";
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [heading, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
