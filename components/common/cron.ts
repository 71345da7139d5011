import { didYouMean } from "./did-you-mean";

// What Kubernetes takes for the schedule of a CronJob, so that what it would refuse is told before anything is changed.
// @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax

/** What may stand there, and what to do. */
export interface CronMistake {
  allowed: string;
  fix: string;
}

/** The times that an expression means. */
interface CronTimes {
  minutes: ReadonlySet<number>;
  hours: ReadonlySet<number>;
  days: ReadonlySet<number>;
  months: ReadonlySet<number>;
  weekdays: ReadonlySet<number>;
  /** Whether the day of the month, and that of the week, is left open: where neither is, either will do. */
  anyDay: boolean;
  anyWeekday: boolean;
}

interface Field {
  what: string;
  least: number;
  most: number;
  /** Names of its values, from the least on. */
  names: readonly string[];
  example: string;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const MINUTE: Field = { what: "minute", least: 0, most: 59, names: [], example: "*/15" };
const HOUR: Field = { what: "hour", least: 0, most: 23, names: [], example: "8-18/2" };
const DAY: Field = { what: "day of the month", least: 1, most: 31, names: [], example: "1,15" };
const MONTH: Field = { what: "month", least: 1, most: 12, names: MONTHS, example: "JAN-MAR" };
const WEEKDAY: Field = { what: "day of the week", least: 0, most: 6, names: WEEKDAYS, example: "MON-FRI" };

const FIELDS = [MINUTE, HOUR, DAY, MONTH, WEEKDAY];

const MACROS: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

const ALLOWED =
  "five fields of cron (minute, hour, day of the month, month, day of the week), or @hourly, @daily, @weekly, @monthly, @yearly";

/** What is wrong with an expression; nothing where Kubernetes takes it, and it has a time that comes. */
export function cronMistake(text: string): CronMistake | undefined {
  const read = readCron(text);
  return "fix" in read ? read : undefined;
}

/**
 * The longest time between two times of an expression, ms.
 *
 * @returns `undefined` where it is none, or has only one time in four years
 */
export function longestInterval(text: string): number | undefined {
  const read = readCron(text);
  if ("fix" in read) return undefined;
  const times = daysOf(read).flatMap((day) =>
    [...read.hours].flatMap((hour) => [...read.minutes].map((minute) => day + (hour * 60 + minute) * 60_000)),
  );
  return times.length < 2
    ? undefined
    : times.slice(1).reduce((longest, time, index) => Math.max(longest, time - (times[index] ?? 0)), 0);
}

function readCron(text: string): CronTimes | CronMistake {
  if (text.includes("TZ=")) {
    return {
      allowed: `${ALLOWED}, without a zone: Kubernetes refuses TZ= and CRON_TZ= there`,
      fix: "remove it; a zone is named beside the expression, where one can be",
    };
  }
  if (text.startsWith("@")) {
    const fields = MACROS.get(text);
    return fields === undefined ? noMacro(text) : readFields(fields.split(" "));
  }
  return readFields(text.trim().split(/\s+/));
}

function noMacro(text: string): CronMistake {
  if (!text.startsWith("@every")) {
    return { allowed: ALLOWED, fix: didYouMean(text, [...MACROS.keys()]) ?? 'write it like "30 2 * * *"' };
  }
  // With a starting deadline that is shorter than the interval, Kubernetes never comes to such a time.
  return {
    allowed: `${ALLOWED}; @every counts from the moment at which the CronJob was made, and not by the clock`,
    fix: 'write the times, for instance "*/30 * * * *" for every half hour',
  };
}

function readFields(fields: readonly string[]): CronTimes | CronMistake {
  if (fields.length !== FIELDS.length) {
    const seconds = fields.length === FIELDS.length + 1;
    return {
      allowed: `${ALLOWED}; these are ${fields.length}`,
      fix: seconds
        ? "remove the field for seconds, or the one for years: cron has neither"
        : 'write it like "30 2 * * *", which is every day at half past two',
    };
  }
  const read = FIELDS.map((field, index) => readField(fields[index] ?? "", field));
  const mistake = read.find((one): one is CronMistake => "fix" in one);
  if (mistake) return mistake;
  const [minutes, hours, days, months, weekdays] = read as ReadField[];
  if (!minutes || !hours || !days || !months || !weekdays) throw new Error("cron has five fields");
  const times = {
    ...{ minutes: minutes.values, hours: hours.values, days: days.values },
    ...{ months: months.values, weekdays: weekdays.values },
    ...{ anyDay: days.open, anyWeekday: weekdays.open },
  };
  if (daysOf(times).length > 0) return times;
  return {
    allowed: "a day that comes: no month of these has one with this number",
    fix: "choose a day that the month has; 28 is in each",
  };
}

interface ReadField {
  /** In order. */
  values: ReadonlySet<number>;
  open: boolean;
}

function readField(text: string, field: Field): ReadField | CronMistake {
  const values: number[] = [];
  let open = false;
  for (const part of text.split(",")) {
    const range = readRange(part, field);
    if ("fix" in range) return range;
    for (let value = range.first; value <= range.last; value += range.step) values.push(value);
    open ||= range.open;
  }
  return { values: new Set(values.sort((a, b) => a - b)), open };
}

interface Range {
  first: number;
  last: number;
  step: number;
  open: boolean;
}

function readRange(part: string, field: Field): Range | CronMistake {
  const { least, most, what } = field;
  const [, from = "", to, by] = /^(\*|\?|\w+)(?:-(\w+))?(?:\/(\d{1,2}))?$/.exec(part) ?? [];
  const all = from === "*" || from === "?";
  const step = Number(by ?? "1");
  const first = all ? least : valueOf(from, field);
  const last = all || (to === undefined && by !== undefined) ? most : valueOf(to ?? from, field);
  const names =
    field.names.length === 0 ? "" : ` or ${field.names[0]}-${field.names[field.names.length - 1]}`;
  const allowed = `for the ${what}, ${least} to ${most}${names}: *, ${field.example}, and lists of such; this is "${part}"`;
  if (first === undefined || last === undefined || (all && to !== undefined)) {
    const sunday = field === WEEKDAY && [from, to].includes("7");
    return { allowed, fix: sunday ? "write Sunday as 0 or SUN" : `write it like ${field.example}` };
  }
  if (step < 1) return { allowed, fix: "choose a step of 1 or more" };
  if (first > last) return { allowed, fix: `write it as two ranges: ${from}-${most},${least}-${to ?? from}` };
  // With a step, every one is no longer left open.
  return { first, last, step, open: all && step === 1 };
}

function valueOf(text: string, { least, most, names }: Field): number | undefined {
  const named = names.indexOf(text.toUpperCase());
  const value = named >= 0 ? named + least : /^\d{1,2}$/.test(text) ? Number(text) : NaN;
  return value >= least && value <= most ? value : undefined;
}

/** The days of four years that an expression has, ms since 1970: from one leap year to the next. */
function daysOf({ days, weekdays, months, anyDay, anyWeekday }: CronTimes): number[] {
  return Array.from({ length: 4 * 366 }, (_, day) => new Date(Date.UTC(2024, 0, 1 + day)))
    .filter((date) => {
      const onDay = days.has(date.getUTCDate());
      const onWeekday = weekdays.has(date.getUTCDay());
      const falls = anyDay || anyWeekday ? onDay && onWeekday : onDay || onWeekday;
      return falls && months.has(date.getUTCMonth() + 1);
    })
    .map(Number);
}
