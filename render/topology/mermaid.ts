import type { DatabaseBox, MemberBox, Topology } from "./model";

/**
 * A flowchart in Mermaid's language, as GitHub and GitLab draw it in a page.
 *
 * @see https://mermaid.js.org/syntax/flowchart.html
 */
export function asMermaid(topology: Topology): string {
  const { namespace, applications, databases, nodes } = topology;
  const lines = [
    "flowchart LR",
    `subgraph namespace [${quoted(`namespace ${namespace}`)}]`,
    ...applications.map(({ name, kind }) => `  ${id("app", name)}([${quoted(`${name}: ${kind}`)}])`),
    ...databases.flatMap((database) =>
      database.services.map(({ name, ports }) => `  ${id("svc", name)}{{${quoted(`${name}:${ports}`)}}}`),
    ),
    "end",
    ...nodes.flatMap((node) => [
      `subgraph ${id("node", node)} [${quoted(`node ${node}`)}]`,
      ...membersOf(databases, node).map(box),
      "end",
    ]),
    ...databases.flatMap(elsewhere),
    ...applications.flatMap(({ name, uses }) =>
      uses.flatMap((used) =>
        entry(databases, used).map((service) => `${id("app", name)} --> ${id("svc", service)}`),
      ),
    ),
    ...databases.flatMap(({ services, members }) =>
      services.flatMap(({ name }) =>
        members.map((member) => `${id("svc", name)} -.-> ${id("pod", member.name)}`),
      ),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

/** Members for which the scheduler finds a node. */
function elsewhere({ name, engine, zones, members }: DatabaseBox): string[] {
  const free = members.filter(({ node }) => node === undefined);
  if (free.length === 0) return [];
  const where = zones.length === 0 ? "" : `, in ${zones.join(", ")}`;
  return [`subgraph ${id("db", name)} [${quoted(`${name}: ${engine}${where}`)}]`, ...free.map(box), "end"];
}

function box({ name, storage }: MemberBox): string {
  return `  ${id("pod", name)}[(${quoted(storage === undefined ? name : `${name}, ${storage}`)})]`;
}

function membersOf(databases: readonly DatabaseBox[], node: string): MemberBox[] {
  return databases.flatMap(({ members }) => members.filter((member) => member.node === node));
}

/** The Service that applications are given. */
function entry(databases: readonly DatabaseBox[], name: string): string[] {
  const services = databases.find((database) => database.name === name)?.services ?? [];
  return services.some((service) => service.name === name)
    ? [name]
    : services.slice(0, 1).map((one) => one.name);
}

/** No name of an object can have an underscore: two of them are never one identifier. */
function id(kind: string, name: string): string {
  return `${kind}_${name.replace(/[^A-Za-z0-9]/g, (character) => `_${character.charCodeAt(0)}_`)}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["#<>&]/g, (character) => `#${character.charCodeAt(0)};`)}"`;
}
