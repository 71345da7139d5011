import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type DataPolicy, ownedAcrossLives, retained, type RetainingProvider } from "../common/retention";
import { MODE, VERSION } from "../protocol/annotations";
import { primaryLeaseName } from "../protocol/names";
import { versionGuard } from "../common/version-guard";
import { guards } from "../common/update-guard";
import type { RedisMode } from "./args";
import { modeGuard } from "./mode-guard";
import { versionRefusal } from "./version-refusal";

/**
 * The Lease by which the agents elect. It is made here, so that nobody needs the right to make one, which no name limits, and
 * without a holder: that is the agents' to write. Like the data it outlives the stack: it counts the terms that are in the data.
 */
export function primaryLease(
  database: string,
  {
    namespace,
    labels,
    version,
    mode,
    dataPolicy,
    retainingProvider,
    parent,
  }: {
    namespace: pulumi.Input<string>;
    labels: Record<string, pulumi.Input<string>>;
    /** Of the servers, whose data it goes with. */
    version: string;
    mode: RedisMode;
    dataPolicy: DataPolicy | undefined;
    retainingProvider: RetainingProvider;
    parent: pulumi.Resource;
  },
): k8s.coordination.v1.Lease {
  const name = primaryLeaseName(database);
  return new k8s.coordination.v1.Lease(
    `${database}-primary`,
    {
      metadata: {
        name,
        namespace,
        labels,
        annotations: { ...ownedAcrossLives(), [VERSION]: version, [MODE]: mode },
      },
    },
    retained(parent, dataPolicy, retainingProvider, {
      hooks: guards(versionGuard(database, versionRefusal), modeGuard(database)),
    }),
  );
}
