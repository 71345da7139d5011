/** What a member does for its clients, as the label of its pod says. `member`: it is one of equals. `none`: nothing. */
export const ROLES = ["primary", "replica", "member", "none"] as const;
export type Role = (typeof ROLES)[number];

/** The role that one member at a time has, of an engine in which none but that one takes writes. */
export const EXCLUSIVE_ROLE = "primary" satisfies Role;

/** Roles of those that take writes: of the one, or of each of equals. */
export const WRITING_ROLES = [EXCLUSIVE_ROLE, "member"] as const satisfies Role[];

/** Whether one member at a time has a role, and takes the writes alone. */
export function isExclusive(role: Role | undefined): boolean {
  return role === EXCLUSIVE_ROLE;
}

/** Whether a text, such as a label's, is the role of a member that serves. */
export function isServingRole(text: string | undefined): text is Exclude<Role, "none"> {
  return text !== "none" && (ROLES as readonly (string | undefined)[]).includes(text);
}

/** A role that the members of a database can have. */
export interface RoleSpec {
  readonly name: Exclude<Role, "none">;
  /** One member at a time has it, and none but that one takes writes. */
  readonly exclusive?: true;
}

/** A port of the servers; the container's has the same name. */
export interface Port {
  /** That of the protocol. */
  readonly name: string;
  readonly port: number;
}

/** A name by which clients reach a database. */
export interface EndpointSpec {
  /** Of the output `<key>Host`, and of an application's variable `…_<KEY>_HOST`. */
  readonly key: string;
  /** What follows the database's name in that of the Service. */
  readonly suffix: string;
  readonly port: Port;
  /** Other ports of the same Service: the same servers in TLS, for instance. @default none */
  readonly also?: readonly Port[];
  /** `discovery`: a driver asks there who takes what. */
  readonly for: "writes" | "reads" | "discovery";
  /**
   * What leads to the members.
   * - `agent`: a Service without a selector, whose addresses the agents write.
   * - `engine`: the same, and the engine writes them.
   * - `selector`: a Service that selects the members that are ready.
   * - `members`: no Service, but the names of all members, which drivers take as a list.
   * - `proxy`: the engine's component makes the Service, before pods that are no members.
   */
  readonly backing: "agent" | "engine" | "selector" | "members" | "proxy";
}

/** What an engine's members are to each other and to their clients: Services, outputs, checks and status are derived from it. */
export interface Topology {
  readonly roles: readonly RoleSpec[];
  /** Each has a suffix of its own. */
  readonly endpoints: readonly EndpointSpec[];
  /** Who labels the pods with their roles. */
  readonly labelledBy: "agent" | "engine";
  /** How many members must see each other for one to take writes. Absent: that is no matter of the members. */
  readonly quorum?: "majority";
  /**
   * By what a member is known to the others and to drivers: its pod, whose address changes with it, or a Service of its own, whose
   * address stays.
   * @default pod
   */
  readonly membersBy?: "pod" | "service";
  /** Ports that members use among themselves, of those Services. @default none but those of the endpoints */
  readonly memberPorts?: readonly Port[];
}

/** Of the Service that spreads reads. */
export const REPLICAS_SUFFIX = "-replicas";

/** The roles and endpoints of an engine with a primary: the database's own name is the primary's, `<name>-replicas` is for reads. */
export function primaryAndReplicas(
  port: Port,
  { primaryBy }: { primaryBy: "agent" | "engine" },
): Pick<Topology, "roles"> & { endpoints: [EndpointSpec, EndpointSpec] } {
  return {
    roles: [{ name: EXCLUSIVE_ROLE, exclusive: true }, { name: "replica" }],
    endpoints: [
      { key: "primary", suffix: "", port, for: "writes", backing: primaryBy },
      { key: "replicas", suffix: REPLICAS_SUFFIX, port, for: "reads", backing: "agent" },
    ],
  };
}

/** Name of an endpoint's Service. */
export function serviceOf(database: string, { suffix }: Pick<EndpointSpec, "suffix">): string {
  return `${database}${suffix}`;
}

/** The role that one member has at a time; none where members are equals. */
export function exclusiveRole({ roles }: Pick<Topology, "roles">): Role | undefined {
  return roles.find(({ exclusive }) => exclusive === true)?.name;
}

/** The role of those that are only read from; none where members are equals. */
export function readingRole({ roles }: Pick<Topology, "roles">): Role | undefined {
  if (exclusiveRole({ roles }) === undefined) return undefined;
  return roles.find(({ exclusive }) => exclusive !== true)?.name;
}

/** The endpoint of those who name but one: for writes or, where drivers find out themselves, for that. */
export function mainEndpoint<T extends Pick<EndpointSpec, "for">>(endpoints: readonly T[]): T {
  const main = endpoints.find((endpoint) => endpoint.for === "writes") ?? endpoints[0];
  if (main === undefined) throw new Error("a database without an endpoint cannot be reached");
  return main;
}

/** The endpoints beside the main one, and which of them have another port than that. */
export function besideMain<T extends Pick<EndpointSpec, "for" | "port">>(
  endpoints: readonly T[],
): { beside: T[]; otherPort: T[] } {
  const main = mainEndpoint(endpoints);
  const beside = endpoints.filter((endpoint) => endpoint !== main);
  return { beside, otherPort: beside.filter(({ port }) => port.port !== main.port.port) };
}

/** The servers' own ports, each once. */
export function portsOf({ endpoints }: Pick<Topology, "endpoints">): Port[] {
  const own = endpoints.filter(({ backing }) => backing !== "proxy");
  return [...new Map(own.flatMap(portsOfEndpoint).map((port) => [port.name, port])).values()];
}

/** All ports of an endpoint's Service. */
export function portsOfEndpoint({ port, also = [] }: Pick<EndpointSpec, "port" | "also">): Port[] {
  return [port, ...also];
}

/** The endpoints that are backed in one of some ways. */
export function endpointsBy(
  { endpoints }: Pick<Topology, "endpoints">,
  ...backings: EndpointSpec["backing"][]
): EndpointSpec[] {
  return endpoints.filter(({ backing }) => backings.includes(backing));
}

/** Names of the Services of a database's endpoints. */
export function servicesOf(
  database: string,
  { endpoints }: Pick<Topology, "endpoints">,
  backings: EndpointSpec["backing"][] = ["agent", "engine", "selector", "proxy"],
): string[] {
  return endpointsBy({ endpoints }, ...backings).map((endpoint) => serviceOf(database, endpoint));
}
