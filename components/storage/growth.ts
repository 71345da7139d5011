import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { mutableConfigMap } from "../common/mutable-config-map";
import { checkBytes } from "../common/checks";
import { known } from "../common/outputs";
import { InvalidArgsError, Problems } from "../common/problems";
import { parseBytes } from "../common/quantity";
import { type DataPolicy, ownedAcrossLives, retained, type RetainingProvider } from "../common/retention";
import { GROWN_FILE, GROWTH_FILE, type WantedGrowth } from "../protocol/growth";
import { growthName } from "../protocol/names";
import type { StorageGrowthArgs } from "./growth-args";

const DEFAULTS = { storage: "10Gi", atPercent: 80, byPercent: 25 };

/** What can be chosen, in percent. */
const RANGES = { atPercent: [50, 95], byPercent: [5, 100] } as const;

/** What of a database's arguments its volumes' growth depends on. */
interface Growing {
  storage?: string | undefined;
  storageGrowth?: StorageGrowthArgs | undefined;
  storageExpandable?: pulumi.Input<boolean> | undefined;
}

/** Finds what is wrong with how volumes are to grow. */
export function checkGrowth(
  { storage = DEFAULTS.storage, storageGrowth, storageExpandable }: Growing,
  problems: Problems,
): void {
  if (storageGrowth === undefined) return;
  if (storageExpandable === false) refuseGrowth("storageExpandable: false says that they do not", problems);
  const here = problems.at("storageGrowth");
  const { upTo } = storageGrowth;
  checkBytes("upTo", upTo, "100Gi", here);
  const [most, first] = [parseBytes(upTo), parseBytes(storage)];
  if (most !== undefined && first !== undefined && most <= first) {
    here.add("upTo", {
      value: upTo,
      allowed: `more than storage, ${storage}: what the volumes begin with`,
      fix: "raise it, or remove storageGrowth: volumes have the size that storage says",
    });
  }
  for (const key of ["atPercent", "byPercent"] as const) {
    const value = storageGrowth[key];
    const [least, greatest] = RANGES[key];
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= greatest)) continue;
    here.add(key, {
      value,
      allowed: `a whole number of percent from ${least} to ${greatest}`,
      fix: `choose a number in that range, or leave it out for ${DEFAULTS[key]}`,
    });
  }
}

/** Says that volumes cannot grow at all. */
export function refuseGrowth(why: string, problems: Problems): void {
  problems.add("storageGrowth", {
    allowed: `only where volumes can grow: ${why}`,
    fix: "remove it, and choose storage large enough; or use a class with allowVolumeExpansion: true",
  });
}

/** Volumes that grow by themselves. */
export interface VolumeGrowth {
  /** The size of each claim: what was asked for, or what they have grown to. */
  storage: pulumi.Output<string>;
  /** For pods to wait for. */
  routes: pulumi.Resource[];
}

/**
 * What agents are told of their volumes' growth, and where they write down the size that it has come to. That is read anew at each
 * deployment, so that none asks for volumes that are smaller than they are. It outlives the stack, as the volumes do. Pods
 * mount it whether it is there or not, so that nothing restarts when it changes.
 *
 * @returns nothing where volumes do not grow by themselves
 */
export function volumeGrowth(
  name: string,
  args: Growing & { namespace: pulumi.Input<string>; dataPolicy?: DataPolicy | undefined },
  {
    labels,
    retainingProvider,
    parent,
  }: {
    labels: Record<string, pulumi.Input<string>>;
    retainingProvider: RetainingProvider;
    parent: pulumi.Resource;
  },
): VolumeGrowth | undefined {
  const { storage, storageGrowth, namespace } = args;
  if (storage === undefined || storageGrowth === undefined) return undefined;
  const settings = growthName(name);
  const file = mutableConfigMap(
    settings,
    {
      metadata: { name: settings, namespace, labels, annotations: ownedAcrossLives() },
      data: { [GROWTH_FILE]: pulumi.output(wantedGrowth(name, storageGrowth, args.storageExpandable)) },
    },
    { ...retained(parent, args.dataPolicy, retainingProvider), parent },
  );
  const written = k8s.core.v1.ConfigMap.get(`${settings}-found`, file.id, { parent });
  return {
    // Where it cannot be read, in the first preview and without a cluster, nothing has grown yet.
    storage: pulumi.output(known(written.data).then((data) => larger(storage, grownIn(data)))),
    routes: [file.data],
  };
}

function grownIn(data: Record<string, string> | undefined): string | undefined {
  return data?.[GROWN_FILE];
}

/** @throws InvalidArgsError where the class is known to let no volume grow: of one that exists, only its cluster knows. */
async function wantedGrowth(
  name: string,
  { upTo, atPercent = DEFAULTS.atPercent, byPercent = DEFAULTS.byPercent }: StorageGrowthArgs,
  expandable: pulumi.Input<boolean> | undefined,
): Promise<string> {
  if ((await known(pulumi.output(expandable))) === false) {
    const problems = new Problems(name);
    refuseGrowth("their class has no allowVolumeExpansion: true", problems);
    throw new InvalidArgsError(problems.found);
  }
  const wanted: WantedGrowth = { upToBytes: parseBytes(upTo) ?? 0, atPercent, byPercent };
  return JSON.stringify(wanted);
}

/** The larger of two sizes; what is no size is none. */
export function larger(storage: string, grown: string | undefined): string {
  return grown !== undefined && (parseBytes(grown) ?? 0) > (parseBytes(storage) ?? 0) ? grown : storage;
}
