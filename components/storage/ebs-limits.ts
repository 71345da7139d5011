import type { Problems } from "../common/problems";
import { parseBytes } from "../common/quantity";

/**
 * What a gp3 volume can be given.
 *
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
 */
export const GP3 = {
  iops: { min: 3_000, max: 80_000, perGibibyte: 500 },
  throughputMibPerSecond: { min: 125, max: 2_000, perIops: 0.25 },
  maxSizeTebibytes: 64,
} as const;

/** The most IOPS that a gp3 volume of a size can have; undefined for what is no size. */
function gp3IopsOf(size: string): number | undefined {
  const bytes = parseBytes(size);
  if (bytes === undefined) return undefined;
  const bySize = Math.floor((bytes / 1024 ** 3) * GP3.iops.perGibibyte);
  return Math.min(GP3.iops.max, Math.max(GP3.iops.min, bySize));
}

/** Checks the size of a volume, a Kubernetes quantity, against what gp3 has and what the IOPS need. */
export function checkGp3Size(size: string, iops: number | undefined, problems: Problems): void {
  const mostIops = gp3IopsOf(size);
  if (mostIops === undefined) return;
  checkGp3Most("storage", size, problems);
  if (iops !== undefined && iops > mostIops) {
    problems.add("storage", {
      value: size,
      allowed: `at least ${Math.ceil(iops / GP3.iops.perGibibyte)}Gi for the ${iops} IOPS of stateful:storage.iops`,
      fix: `raise storage, or lower stateful:storage.iops to ${mostIops}`,
    });
  }
}

/** Checks a size that a volume has or comes to against the largest that gp3 has. */
export function checkGp3Most(key: string, size: string, problems: Problems): void {
  const bytes = parseBytes(size);
  if (bytes === undefined || bytes <= GP3.maxSizeTebibytes * 1024 ** 4) return;
  problems.add(key, {
    value: size,
    allowed: `at most ${GP3.maxSizeTebibytes}Ti (gp3)`,
    fix: "choose a smaller size",
  });
}

/** Checks IOPS and throughput (MiB/s) against gp3's limits and against each other. */
export function checkGp3(
  { iops, throughput }: { iops?: number; throughput?: number },
  problems: Problems,
): void {
  checkRange("iops", iops, GP3.iops, "", problems);
  checkRange("throughput", throughput, GP3.throughputMibPerSecond, " MiB/s", problems);

  const most = (iops ?? GP3.iops.min) * GP3.throughputMibPerSecond.perIops;
  if (throughput !== undefined && throughput <= GP3.throughputMibPerSecond.max && throughput > most) {
    problems.add("throughput", {
      value: throughput,
      allowed: `at most a quarter of the IOPS: ${most} MiB/s with ${iops ?? GP3.iops.min} IOPS`,
      fix: `raise iops to ${Math.ceil(throughput / GP3.throughputMibPerSecond.perIops)} or lower throughput`,
    });
  }
}

function checkRange(
  key: string,
  value: number | undefined,
  { min, max }: { min: number; max: number },
  unit: string,
  problems: Problems,
): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
  problems.add(key, {
    value,
    allowed: `a whole number from ${min} to ${max}${unit} (gp3)`,
    fix: `choose a number in that range, or leave it out for ${min}`,
  });
}
