import { ROLE_LABEL } from "../protocol/labels";
import * as pulumi from "@pulumi/pulumi";
import { selectorLabels, standardLabels } from "../common/labels";
import { type DataPolicy, type RetainingProvider } from "../common/retention";
import { endpointsBy, exclusiveRole, portsOf, type Topology } from "../protocol/topology";
import type { ClientArgs, ExposureArgs } from "./args";
import { databaseNetworkPolicy } from "./network-policy";
import { endpointsOf, hostOutputs, podHosts } from "./endpoints";
import {
  endpointService,
  externalReplicas,
  externalService,
  headlessService,
  memberServices,
} from "./services";

/** The names of a database, and who may use them. */
export interface DatabaseNetworkArgs {
  /** Name of the database: of its StatefulSet and of its Services. */
  database: string;
  /** Engine of the database, which its pods have as `app.kubernetes.io/name`. */
  engine: string;
  /** Namespace of all objects. */
  namespace: pulumi.Input<string>;
  /** Number of replicas. */
  replicas: number;
  /** By which endpoints clients reach it, by which ports. Members may use any. */
  topology: Topology;
  /** How it is reached from outside the cluster: the primary, where there is one. @default not at all */
  exposure?: ExposureArgs;
  /** How its replicas are, where its members have that role. @default not at all */
  replicasExposure?: ExposureArgs;
  /** Who may connect, beside pods of the namespace with the label `<database>-client: "true"`. @default nobody */
  allowedClients?: ClientArgs[];
  /** Who may ask for figures. @default nobody but the database's own pods */
  scrapers?: ClientArgs[];
  /** Port of the exporter beside each server, for the same. @default there is none */
  exporterPort?: number | undefined;
  /** More labels for every object. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** More annotations for every Service. @default none */
  annotations?: Record<string, pulumi.Input<string>>;
  /** What becomes of the members' Services, where they have some, when the database leaves the program. @default retain */
  dataPolicy?: DataPolicy;
  /** Provider with `upsertExistingObjects: true`, to find these again. @default the parent's */
  retainingProvider?: RetainingProvider;
}

/**
 * The names by which a database is reached (those of its endpoints, each pod's), its exposure beyond the cluster, and the NetworkPolicy that admits its own pods and named clients.
 *
 * Services of a primary and its replicas have no selector: the primary itself writes the addresses behind
 * them, so that the pod of a dead node, which still looks ready, gets no traffic.
 */
export class DatabaseNetwork extends pulumi.ComponentResource {
  constructor(name: string, args: DatabaseNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("stateful:index:DatabaseNetwork", name, {}, opts);
    const { database, namespace, topology, exposure, replicasExposure } = args;
    const ports = portsOf(topology);
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

    headlessService(context, memberSelector);
    for (const endpoint of endpointsBy(topology, "agent", "engine", "selector")) {
      endpointService(context, endpoint, memberSelector);
    }
    if (topology.membersBy === "service") {
      const { memberPorts = [] } = topology;
      memberServices({ ...context, ports: [...ports, ...memberPorts] }, memberSelector, args);
    }
    const exclusive = exclusiveRole(topology);
    externalService(context, exposure, {
      ...memberSelector,
      ...(exclusive === undefined ? {} : { [ROLE_LABEL]: exclusive }),
    });
    const readers = externalReplicas(context, topology, replicasExposure, memberSelector);
    databaseNetworkPolicy({
      name: database,
      namespace,
      labels,
      memberSelector,
      clientPorts: ports.map(({ port }) => port),
      allowedClients: args.allowedClients ?? [],
      scrapers: args.scrapers ?? [],
      exporterPort: args.exporterPort,
      exposures: [exposure, ...(readers === undefined ? [] : [replicasExposure])],
      parent: this,
    });

    const place = { database, namespace, replicas: args.replicas };
    this.registerOutputs({ ...hostOutputs(endpointsOf(topology, place)), podHosts: podHosts(place) });
  }
}
