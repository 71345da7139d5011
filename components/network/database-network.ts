import { headlessServiceName, replicasServiceName } from "../protocol/names";
import { ROLE_LABEL } from "../protocol/labels";
import * as pulumi from "@pulumi/pulumi";
import { selectorLabels, standardLabels } from "../common/labels";
import { ordinals } from "../storage/replica-volumes";
import type { ClientArgs, ExposureArgs, ServicePortArgs } from "./args";
import { databaseNetworkPolicy } from "./network-policy";
import { externalService, headlessService, primaryService, replicasService } from "./services";

/** The names of a database, and who may use them. */
export interface DatabaseNetworkArgs {
  /** Name of the database: of its StatefulSet and of its primary's Service. */
  database: string;
  /** Engine of the database, which its pods have as `app.kubernetes.io/name`. */
  engine: string;
  /** Namespace of all objects. */
  namespace: pulumi.Input<string>;
  /** Number of replicas. */
  replicas: number;
  /** Ports that clients use. Members may use any. */
  ports: ServicePortArgs[];
  /** How the primary is reached from outside the cluster. @default not at all */
  exposure?: ExposureArgs;
  /** Who may connect, beside pods of the namespace with the label `<database>-client: "true"`. @default nobody */
  allowedClients?: ClientArgs[];
  /** More labels for every object. @default none */
  labels?: Record<string, string>;
  /** More annotations for every Service. @default none */
  annotations?: Record<string, string>;
}

/**
 * The names by which a database is reached (the primary's, that of the replicas, each pod's), its exposure beyond
 * the cluster, and the NetworkPolicy that admits its own pods and named clients.
 *
 * The primary's and the replicas' Services have no selector: the primary itself writes the addresses behind
 * them, so that the pod of a dead node, which still looks ready, gets no traffic.
 */
export class DatabaseNetwork extends pulumi.ComponentResource {
  /** DNS name of the primary, for reads and writes. */
  readonly primaryHost: pulumi.Output<string>;
  /** DNS name that spreads reads over the replicas. */
  readonly replicasHost: pulumi.Output<string>;
  /** DNS name of each pod, in the order of the ordinals. */
  readonly podHosts: pulumi.Output<string[]>;
  /** Name of the governing Service, for the StatefulSet. */
  readonly headlessServiceName: pulumi.Output<string>;

  constructor(name: string, args: DatabaseNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("stateful:index:DatabaseNetwork", name, {}, opts);
    const { database, namespace, ports, exposure } = args;
    const identity = { application: args.engine, instance: database, component: "database" };
    const labels = standardLabels(identity, args.labels);
    const memberSelector = selectorLabels(identity);
    const context = {
      name: database,
      namespace,
      labels,
      annotations: args.annotations,
      ports,
      parent: this,
    };

    const headless = headlessService(context, memberSelector);
    primaryService(context);
    replicasService(context);
    externalService(context, exposure, { ...memberSelector, [ROLE_LABEL]: "primary" });
    databaseNetworkPolicy({
      name: database,
      namespace,
      labels,
      memberSelector,
      clientPorts: ports.map(({ port }) => port),
      allowedClients: args.allowedClients ?? [],
      exposure,
      parent: this,
    });

    const host = (service: string) => pulumi.interpolate`${service}.${namespace}.svc`;
    this.primaryHost = host(database);
    this.replicasHost = host(replicasServiceName(database));
    this.podHosts = pulumi.all(
      ordinals(args.replicas).map((ordinal) =>
        host(`${database}-${ordinal}.${headlessServiceName(database)}`),
      ),
    );
    this.headlessServiceName = headless.metadata.name;
    this.registerOutputs({
      primaryHost: this.primaryHost,
      replicasHost: this.replicasHost,
      podHosts: this.podHosts,
      headlessServiceName: this.headlessServiceName,
    });
  }
}
