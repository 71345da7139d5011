import { GIBIBYTE, parseBytes, parseCpus } from "../../components/common/quantity";
import { INSTANCE } from "../../components/protocol/labels";
import { GP3 } from "../../components/storage/ebs-limits";
import type { KubernetesObject } from "../program";
import { DEFAULT_REGION, PRICES, type RegionPrices } from "./prices";

/** AWS states what a month costs by so many hours. */
export const HOURS_A_MONTH = 730;

/** Size of the instances by whose prices processors and memory are told apart. */
const VCPUS = 2;
const GENERAL_PURPOSE_GIB = 8;
const MEMORY_GIB = 16;

/** What one database costs a month, in US dollars. */
export interface DatabaseCost {
  /** What its pods reserve of processors and memory. */
  compute: number;
  /** Its volumes. */
  volumes: number;
  /** Each GiB of its backups; nothing where they are not in S3. */
  backupPerGib?: number;
}

/** What a stack would cost, as far as it can be said. */
export interface CostEstimate {
  /** The region whose prices these are. */
  region: string;
  /** The region that was asked for, where its prices are not known. */
  instead?: string;
  databases: Record<string, DatabaseCost>;
}

/** What of a database an estimate must be told, beside what its objects say. */
export interface EstimatedDatabase {
  /** Instances that its objects say they are of: it, and what stands before it. */
  instances: readonly string[];
  /** Whether it is backed up to S3. */
  backupInS3: boolean;
}

/** What of a stack an estimate is made of. */
export interface Estimated {
  objects: readonly KubernetesObject[];
  /** The databases by their names. */
  databases: Readonly<Record<string, EstimatedDatabase>>;
  /** Region of the cloud account. @default the one whose prices are known */
  region?: string;
}

/**
 * Estimates what each database of a stack costs a month, by list prices.
 *
 * @returns nothing where its volumes are of a class that the stack has not made: nobody knows in whose cloud they are
 */
export function estimateCosts({ objects, databases, region }: Estimated): CostEstimate | undefined {
  const volumePrice = volumePriceOf(objects);
  if (volumePrice === undefined) return undefined;
  const known = region !== undefined && Object.hasOwn(PRICES, region) ? region : DEFAULT_REGION;
  const prices = PRICES[known];
  if (prices === undefined) throw new Error(`there are no prices for ${known}`);
  const costs = Object.entries(databases).map(([name, { instances, backupInS3 }]): [string, DatabaseCost] => {
    const own = objects.filter(({ metadata }) => instances.includes(metadata.labels?.[INSTANCE] ?? ""));
    return [
      name,
      {
        compute: sum(own.map((object) => computeCost(object, prices))),
        volumes: sum(claimsOf(own).map((bytes) => volumePrice(bytes, prices))),
        ...(backupInS3 ? { backupPerGib: prices.objectStorage.usd } : {}),
      },
    ];
  });
  return {
    region: known,
    ...(region === undefined || region === known ? {} : { instead: region }),
    databases: Object.fromEntries(costs),
  };
}

/**
 * What a vCPU and a GiB of memory cost an hour: of two instances that differ in memory alone, the difference is the price of the memory,
 * and the rest of either is the processors'. Machines are bought whole, so that it is an approximation.
 */
export function hourlyPrices({ instances }: Pick<RegionPrices, "instances">): { vcpu: number; gib: number } {
  const gib = (instances.memory.usd - instances.generalPurpose.usd) / (MEMORY_GIB - GENERAL_PURPOSE_GIB);
  return { gib, vcpu: (instances.generalPurpose.usd - GENERAL_PURPOSE_GIB * gib) / VCPUS };
}

interface Container {
  restartPolicy?: string;
  resources?: { requests?: { cpu?: string; memory?: string } };
}

/** What runs all the time, with as many pods as it is to have. */
const RUNNING = ["StatefulSet", "Deployment"];

function computeCost(object: KubernetesObject, prices: RegionPrices): number {
  if (!RUNNING.includes(object.kind)) return 0;
  const spec = object["spec"] as {
    // One that scales itself has none in its manifest, and nothing to do most of the time.
    replicas?: number;
    template: { spec: { initContainers?: Container[]; containers: Container[] } };
  };
  const { initContainers = [], containers } = spec.template.spec;
  const price = hourlyPrices(prices);
  const all = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always")];
  const hourly = all.map(({ resources: { requests = {} } = {} }) => {
    const memory = (parseBytes(requests.memory ?? "") ?? 0) / GIBIBYTE;
    return (parseCpus(requests.cpu ?? "") ?? 0) * price.vcpu + memory * price.gib;
  });
  return (spec.replicas ?? 0) * sum(hourly) * HOURS_A_MONTH;
}

/** Sizes of the volumes that objects claim, in bytes. */
function claimsOf(objects: readonly KubernetesObject[]): number[] {
  return objects
    .filter(({ kind }) => kind === "PersistentVolumeClaim")
    .map((claim) => {
      const spec = claim["spec"] as { resources: { requests: { storage: string } } };
      return parseBytes(spec.resources.requests.storage) ?? 0;
    });
}

/** What a volume of the stack's class costs a month, by its bytes; nothing where the stack makes no class of EBS. */
function volumePriceOf(
  objects: readonly KubernetesObject[],
): ((bytes: number, prices: RegionPrices) => number) | undefined {
  const parameters = objects
    .filter(({ kind }) => kind === "StorageClass" || kind === "VolumeAttributesClass")
    .map((object) => (object["parameters"] ?? {}) as Record<string, string | undefined>);
  if (!parameters.some(({ type }) => type === "gp3")) return undefined;
  const greatest = (key: string, least: number) =>
    Math.max(least, ...parameters.map((one) => Number(one[key] ?? least)));
  const iops = greatest("iops", GP3.iops.min) - GP3.iops.min;
  const throughput = greatest("throughput", GP3.throughputMibPerSecond.min) - GP3.throughputMibPerSecond.min;
  return (bytes, { gp3 }) =>
    (bytes / GIBIBYTE) * gp3.storage.usd + iops * gp3.iops.usd + throughput * gp3.throughput.usd;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
