import * as pulumi from "@pulumi/pulumi";
import { ordinals } from "../storage/replica-volumes";
import { headlessServiceName, memberServiceName } from "../protocol/names";
import { type EndpointSpec, serviceOf, type Topology } from "../protocol/topology";

/** An endpoint of one database. */
export interface Endpoint extends EndpointSpec {
  /** DNS name; of an endpoint without a Service those of all members, with commas between. */
  host: pulumi.Output<string>;
  /** The same with the port behind each name. */
  address: pulumi.Output<string>;
}

/** Of which database, where. */
export interface Place {
  database: string;
  namespace: pulumi.Input<string>;
  replicas: number;
}

/** The endpoints of a database, in the order of its topology. */
export function endpointsOf(
  { endpoints, membersBy }: Pick<Topology, "endpoints" | "membersBy">,
  place: Place,
): Endpoint[] {
  return endpoints.map((endpoint) => {
    const hosts =
      endpoint.backing === "members"
        ? memberHosts({ membersBy }, place)
        : pulumi.all([hostOf(serviceOf(place.database, endpoint), place)]);
    return {
      ...endpoint,
      host: hosts.apply((names) => names.join(",")),
      address: hosts.apply((names) => names.map((name) => `${name}:${endpoint.port.port}`).join(",")),
    };
  });
}

/** DNS name of each pod, in the order of the ordinals. */
export function podHosts(place: Place): pulumi.Output<string[]> {
  const { database, replicas } = place;
  const governing = headlessServiceName(database);
  return pulumi.all(
    ordinals(replicas).map((ordinal) => hostOf(`${database}-${ordinal}.${governing}`, place)),
  );
}

/** DNS name by which clients know each member, in the order of the ordinals. */
function memberHosts({ membersBy }: Pick<Topology, "membersBy">, place: Place): pulumi.Output<string[]> {
  if (membersBy !== "service") return podHosts(place);
  const { database, replicas } = place;
  return pulumi.all(ordinals(replicas).map((ordinal) => hostOf(memberServiceName(database, ordinal), place)));
}

/** The DNS name of each endpoint that has a Service, by the name that a component puts it out under. */
export function hostOutputs(endpoints: readonly Endpoint[]): Record<`${string}Host`, pulumi.Output<string>> {
  const named = endpoints.filter(({ backing }) => backing !== "members");
  return Object.fromEntries(named.map(({ key, host }) => [`${key}Host`, host]));
}

function hostOf(service: string, { namespace }: Place): pulumi.Output<string> {
  return pulumi.interpolate`${service}.${namespace}.svc`;
}
