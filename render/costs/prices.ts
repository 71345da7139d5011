// Public list prices of Amazon Web Services, by which a stack in the cloud is estimated. Each has the date of what it was read in; with a
// new price comes a new date. A region is added whole: what is asked of this file is checked by test/unit/costs.test.ts.

/** One list price. */
export interface Price {
  /** US dollars, for one `unit`, without taxes. */
  usd: number;
  /** What it is for: `GiB-month`. */
  unit: string;
  /** Where it was read. */
  source: string;
  /** Of when that is, as `2026-01-31`. */
  date: string;
}

/** The prices of one region that a stack is estimated by. */
export interface RegionPrices {
  /** An instance with 2 vCPUs and 8 GiB, on demand, and one of the same generation with 2 vCPUs and 16 GiB. */
  instances: { generalPurpose: Price; memory: Price };
  /** gp3 volumes. */
  gp3: {
    storage: Price;
    /** Each above those that are in the price of the storage. */
    iops: Price;
    /** Likewise. */
    throughput: Price;
  };
  /** S3 Standard, its first 50 TB. */
  objectStorage: Price;
}

/** What the prices of instances are of, in their makers' words. */
export const INSTANCE_TYPES = { generalPurpose: "m7i.large", memory: "r7i.large" } as const;

/** Of a region without prices of its own, these stand for its. */
export const DEFAULT_REGION = "us-east-1";

const AWS_TOOLKIT =
  "https://github.com/aws/agent-toolkit-for-aws/blob/d6ad2e44d5e3077b85b63f322e007c84f94f3a6c/skills";
const KARPENTER =
  "https://github.com/aws/karpenter-provider-aws/blob/1d927085dd81a9df9301e613f371dac5b4d16bfe/pkg/providers/pricing/zz_generated.pricing_aws.go";
/** It quotes https://aws.amazon.com/ebs/pricing/. */
const GP3_COMPARED = "https://www.saisci.com/aws/gp2-vs-gp3-cost-comparison-ebs-volumes/";

export const PRICES: Readonly<Record<string, RegionPrices>> = {
  "us-east-1": {
    instances: {
      generalPurpose: { usd: 0.1008, unit: "hour", source: KARPENTER, date: "2026-07-20" },
      memory: { usd: 0.1323, unit: "hour", source: KARPENTER, date: "2026-07-20" },
    },
    gp3: {
      storage: {
        usd: 0.08,
        unit: "GiB-month",
        source: `${AWS_TOOLKIT}/core-skills/aws-billing-and-cost-management/references/ebs-optimization.md`,
        date: "2026-08-20",
      },
      iops: { usd: 0.005, unit: "IOPS-month", source: GP3_COMPARED, date: "2021-02-04" },
      throughput: { usd: 0.04, unit: "MiB/s-month", source: GP3_COMPARED, date: "2021-02-04" },
    },
    objectStorage: {
      usd: 0.023,
      unit: "GiB-month",
      source: `${AWS_TOOLKIT}/specialized-skills/database-skills/exporting-rds-to-s3/references/export-rds-to-s3.md`,
      date: "2026-08-20",
    },
  },
};

/** All prices of a region. */
export function pricesOf({ instances, gp3, objectStorage }: RegionPrices): Price[] {
  return [...Object.values(instances), ...Object.values(gp3), objectStorage];
}
