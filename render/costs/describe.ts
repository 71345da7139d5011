import { table } from "../table";
import { type CostEstimate, HOURS_A_MONTH } from "./estimate";
import { INSTANCE_TYPES, PRICES, pricesOf } from "./prices";

/** An estimate as a person wants to see it: a table, and what it is and is not. */
export function describeCosts({ region, instead, databases }: CostEstimate): string {
  const costs = Object.entries(databases);
  const rows = costs.map(([name, { compute, volumes }]) => [
    ...[name, dollars(compute), dollars(volumes), dollars(compute + volumes)],
  ]);
  const all = costs.reduce((sum, [, { compute, volumes }]) => sum + compute + volumes, 0);
  const total = rows.length > 1 ? [["all of them", "", "", dollars(all)]] : [];
  const perGib = costs.find(([, { backupPerGib }]) => backupPerGib !== undefined)?.[1].backupPerGib;
  const unknown = instead === undefined ? "" : ` (those of ${instead} are not known here)`;
  return [
    table(["ESTIMATE", "CPU, MEMORY", "VOLUMES", "USD A MONTH"], [...rows, ...total]),
    `By list prices of ${region}${unknown} of ${datesOf(region)}: ${HOURS_A_MONTH} hours of what pods reserve,`,
    `as if machines were bought by the vCPU and the GiB (${INSTANCE_TYPES.generalPurpose}, ${INSTANCE_TYPES.memory}, on demand), and gp3 volumes.`,
    ...(perGib === undefined
      ? []
      : [`Backups: ${perGib} USD a month for each GiB of them in S3, beside that.`]),
    "Not in it: what machines have beside that, traffic, load balancers, snapshots, requests to S3, full copies and drills while they",
    "run, applications, the control plane, discounts, taxes.",
  ].join("\n");
}

function datesOf(region: string): string {
  const prices = PRICES[region];
  const dates = (prices === undefined ? [] : pricesOf(prices)).map(({ date }) => date).sort();
  return `${dates.at(0) ?? ""} to ${dates.at(-1) ?? ""}`;
}

function dollars(amount: number): string {
  return amount.toFixed(amount < 10 ? 2 : 0);
}
