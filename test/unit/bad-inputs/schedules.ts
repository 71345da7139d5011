import { application, type BadInput, SHOP } from "./stacks";
import { validStack } from "../support/stack";

/** An application `shop` that runs by a schedule. */
function scheduled(schedule: unknown, more: object = {}): Record<string, unknown> {
  return { ...validStack, applications: { shop: { image: "shop:1", schedule, ...more } } };
}

const DAILY = "@daily";

/** Mistakes of applications with a schedule. */
export const BAD_SCHEDULES: BadInput[] = [
  ["a port with a schedule", application({ schedule: DAILY }), `${SHOP}.port`, /or remove schedule/],
  [
    "a port of a Service with a schedule",
    scheduled(DAILY, { servicePort: 80 }),
    `${SHOP}.servicePort`,
    /remove/,
  ],
  [
    "replicas with a schedule",
    scheduled(DAILY, { replicas: 2 }),
    `${SHOP}.replicas`,
    /each time has one run/,
  ],
  ["a probe with a schedule", scheduled(DAILY, { probe: { path: "/" } }), `${SHOP}.probe`, /activeDeadline/],
  [
    "exposure with a schedule",
    scheduled(DAILY, { exposure: "nodePort" }),
    `${SHOP}.exposure`,
    /nobody reaches/,
  ],
  [
    "autoscaling with a schedule",
    scheduled(DAILY, { autoscaling: { maxReplicas: 3 } }),
    `${SHOP}.autoscaling`,
    /resources/,
  ],
  ["cron with six fields", scheduled("0 0 2 * * *"), `${SHOP}.schedule.cron`, /remove the field for seconds/],
  ["cron that is a number", scheduled(5), `${SHOP}.schedule`, /correct the type/],
  ["an empty schedule", scheduled(""), `${SHOP}.schedule.cron`, /add it/],
  ["a schedule without times", scheduled({ timeZone: "UTC" }), `${SHOP}.schedule.cron`, /add it/],
  ["an hour that there is not", scheduled({ cron: "0 24 * * *" }), `${SHOP}.schedule.cron`, /write it like/],
  [
    "a zone within cron",
    scheduled("CRON_TZ=Europe/Berlin 0 3 * * *"),
    `${SHOP}.schedule.cron`,
    /timeZone: Europe\/Berlin/,
  ],
  ["times that never come", scheduled("0 0 30 2 *"), `${SHOP}.schedule.cron`, /day that the month has/],
  [
    "a time zone that there is not",
    scheduled({ cron: DAILY, timeZone: "Europe/Berln" }),
    `${SHOP}.schedule.timeZone`,
    /did you mean "Europe\/Berlin"/,
  ],
  [
    "a time zone beside the schedule",
    scheduled(DAILY, { timeZone: "Europe/Berlin" }),
    `${SHOP}.timeZone`,
    /schedule: \{ cron: …, timeZone: … \}/,
  ],
  [
    "what is to become of two runs by a name that there is not",
    scheduled({ cron: DAILY, concurrencyPolicy: "Forbidden" }),
    `${SHOP}.schedule.concurrencyPolicy`,
    /did you mean "forbid"/,
  ],
  [
    "a deadline that may pass unseen",
    scheduled({ cron: DAILY, startingDeadline: "5s" }),
    `${SHOP}.schedule.startingDeadline`,
    /choose 10s, or leave it out for 1h/,
  ],
  [
    "a deadline without a unit",
    scheduled({ cron: DAILY, activeDeadline: "3600" }),
    `${SHOP}.schedule.activeDeadline`,
    /write it like 2h/,
  ],
  ["less tries than none", scheduled({ cron: DAILY, retries: -1 }), `${SHOP}.schedule.retries`, /for 3/],
  [
    "a history without an end",
    scheduled({ cron: DAILY, history: { failed: 1000 } }),
    `${SHOP}.schedule.history.failed`,
    /for 3/,
  ],
  [
    "a history as a number",
    scheduled({ cron: DAILY, history: 3 }),
    `${SHOP}.schedule.history`,
    /correct the type/,
  ],
  [
    "Kubernetes' name for the tries",
    scheduled(DAILY, { backoffLimit: 3 }),
    `${SHOP}.backoffLimit`,
    /retries/,
  ],
  [
    "a volume for one pod that several runs share",
    scheduled(
      { cron: DAILY, concurrencyPolicy: "allow" },
      { volume: { mountPath: "/files", storage: "1Gi" } },
    ),
    `${SHOP}.volume.accessMode`,
    /schedule\.concurrencyPolicy: forbid/,
  ],
];
