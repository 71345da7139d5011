import { POSTGRESQL_PORT } from "./protocol";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Identity, selectorLabels, standardLabels } from "../common/labels";
import { mutableConfigMap } from "../common/mutable-config-map";
import { disruptionBudget } from "../database/disruption-budget";
import { podsWanted } from "../database/pause";
import { poolerNetworkPolicy } from "../network/network-policy";
import { pgbouncerIni } from "./pooler-config";
import { poolerPod, poolerScript, SCRIPT_FILE, SETTINGS_FILE } from "./pooler-pod";
import type { PoolerSpec } from "./pooler-spec";

/**
 * PgBouncer before a database's primary, or before its replicas. Its pods are nobody's members: nothing that looks for a database's pods,
 * by the labels with its name, finds them.
 */
export class Pooler extends pulumi.ComponentResource {
  constructor(name: string, spec: PoolerSpec, opts?: pulumi.ComponentResourceOptions) {
    super("stateful:index:Pooler", name, {}, opts);
    const { database, args, pooler, credentials, certificate } = spec;
    const { namespace } = args;
    const identity: Identity = { application: "pgbouncer", instance: name, component: "pooler" };
    const labels = standardLabels(identity, args.labels);
    const selector = selectorLabels(identity);
    const metadata = { name, namespace, labels };

    // Settings that change are read again, without new pods.
    const config = mutableConfigMap(
      `${name}-config`,
      {
        metadata,
        data: {
          [SETTINGS_FILE]: spec.host.apply((host) => pgbouncerIni(spec.key, host, args, pooler)),
          [SCRIPT_FILE]: poolerScript(),
        },
      },
      { parent: this },
    );
    new k8s.core.v1.Service(
      `${name}-service`,
      {
        // Its endpoints come with the pods.
        metadata: {
          ...metadata,
          annotations: {
            ...args.annotations,
            ...args.serviceAnnotations,
            "pulumi.com/skipAwait": "true",
          },
        },
        spec: {
          type: "ClusterIP",
          selector,
          ports: [{ name: "postgresql", port: POSTGRESQL_PORT, targetPort: "postgresql" }],
        },
      },
      { parent: this },
    );
    poolerNetworkPolicy({
      name,
      database,
      namespace,
      labels,
      selector,
      port: POSTGRESQL_PORT,
      allowedClients: args.allowedClients ?? [],
      parent: this,
    });
    new k8s.apps.v1.Deployment(
      name,
      {
        metadata,
        spec: {
          // There is nobody to lead to.
          replicas: podsWanted({ paused: args.paused, replicas: pooler.replicas }),
          selector: { matchLabels: selector },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          template: poolerPod(spec, config.name, standardLabels(identity), selector),
        },
      },
      { parent: this, dependsOn: [credentials, certificate, config.data] },
    );
    disruptionBudget(name, pooler.replicas, { namespace, labels }, selector, this);

    this.registerOutputs({ host: pulumi.interpolate`${name}.${namespace}.svc` });
  }
}
