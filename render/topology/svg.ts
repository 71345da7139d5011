import type { DatabaseBox, MemberBox, Topology } from "./model";

/** Sizes in pixels of the picture at its own size. */
const CELL = { width: 190, height: 62, gap: 14 };
const SERVICE = { width: 230, height: 24, gap: 6 };
const APPLICATION = { width: 200, height: 44, gap: 14 };
const MARGIN = 24;
const HEADING = 40;
const LANE_HEADING = 26;
/** Between applications and databases, for the lines. */
const AISLE = 70;
/** Width of a small letter, with some room: names longer than their box are cut. */
const LETTER = 7;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 17px; font-weight: 600; }
  .small { font-size: 11px; fill: #57606a; }
  .lane { fill: #f6f8fa; stroke: #d0d7de; }
  .pod { fill: #ddf4ff; stroke: #0969da; }
  .service { fill: #fff8c5; stroke: #9a6700; }
  .application { fill: #dafbe1; stroke: #1a7f37; }
  path { fill: none; stroke: #57606a; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .small { fill: #9ea7b3; }
    .lane { fill: #161b22; stroke: #30363d; }
    .pod { fill: #0c2d6b; stroke: #58a6ff; }
    .service { fill: #3b2e00; stroke: #d29922; }
    .application { fill: #033a16; stroke: #3fb950; }
    path { stroke: #9ea7b3; }
  }`;

/** A database's place in the picture. */
interface Lane {
  database: DatabaseBox;
  top: number;
  height: number;
}

/**
 * A picture of a stack: applications on the left, the names that they connect to, and the members of each database, below one another where
 * they are on one node. Where nodes are not known before the scheduler has found them, members stand beside one another.
 */
export function asSvg(topology: Topology): string {
  const { namespace, nodes, databases, applications } = topology;
  const left = MARGIN + (applications.length === 0 ? 0 : APPLICATION.width + AISLE);
  const firstColumn = left + CELL.gap + SERVICE.width + 2 * CELL.gap;
  const columns = Math.max(nodes.length, ...databases.map(({ members }) => members.length), 1);
  const width = firstColumn + columns * (CELL.width + CELL.gap) + CELL.gap + MARGIN;
  const lanes = lanesOf(databases, MARGIN + HEADING + (nodes.length > 0 ? LANE_HEADING : 0));
  const end = lanes.at(-1);
  const applicationsEnd = MARGIN + HEADING + applications.length * (APPLICATION.height + APPLICATION.gap);
  const height = Math.max(end === undefined ? 0 : end.top + end.height, applicationsEnd) + MARGIN;
  const cellAt = (column: number): number => firstColumn + column * (CELL.width + CELL.gap);
  const parts = [
    text(MARGIN, MARGIN + 14, `namespace ${namespace}`, "title"),
    ...nodes.map((node, column) => text(cellAt(column), MARGIN + HEADING + 8, `node ${node}`, "small")),
    ...lanes.flatMap((lane) => laneParts(lane, nodes, { left, right: width - MARGIN, cellAt })),
    ...applications.flatMap((application, index) => {
      const top = MARGIN + HEADING + index * (APPLICATION.height + APPLICATION.gap);
      const middle = top + APPLICATION.height / 2;
      const used = lanes.filter(({ database }) => application.uses.includes(database.name));
      return [
        rectangle(MARGIN, top, APPLICATION, "application"),
        text(MARGIN + 10, top + 18, fitting(application.name, APPLICATION)),
        text(MARGIN + 10, top + 34, application.kind, "small"),
        ...used.map((lane) =>
          line([MARGIN + APPLICATION.width, middle], [left + CELL.gap, serviceMiddle(lane, 0)]),
        ),
      ];
    }),
  ];
  const label = escaped(`The topology of the namespace ${namespace}`);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">\n` +
    `<style>${STYLE}\n</style>\n${parts.join("\n")}\n</svg>\n`
  );
}

/** Members by columns: those of a node in its column, the others in the order of their ordinals. */
function columnOf({ node }: MemberBox, ordinal: number, nodes: readonly string[]): number {
  return node === undefined ? ordinal : nodes.indexOf(node);
}

function lanesOf(databases: readonly DatabaseBox[], from: number): Lane[] {
  const lanes: Lane[] = [];
  let top = from;
  for (const database of databases) {
    // Several members may be on one node.
    const nodes = database.members.flatMap(({ node }) => node ?? []);
    const most = Math.max(
      1,
      ...[...new Set(nodes)].map((node) => nodes.filter((one) => one === node).length),
    );
    const cells = most * (CELL.height + CELL.gap);
    const services = database.services.length * (SERVICE.height + SERVICE.gap);
    const height = LANE_HEADING + Math.max(cells, services) + CELL.gap;
    lanes.push({ database, top, height });
    top += height + CELL.gap;
  }
  return lanes;
}

function laneParts(
  lane: Lane,
  nodes: readonly string[],
  { left, right, cellAt }: { left: number; right: number; cellAt: (column: number) => number },
): string[] {
  const { database, top, height } = lane;
  const { name, engine, zones, services, members } = database;
  const where = zones.length === 0 ? "" : `, zones ${zones.join(", ")}`;
  const stacked = new Map<number, number>();
  const cells = members.map((member, ordinal) => {
    const column = columnOf(member, ordinal, nodes);
    const row = stacked.get(column) ?? 0;
    stacked.set(column, row + 1);
    return { member, x: cellAt(column), y: top + LANE_HEADING + row * (CELL.height + CELL.gap) };
  });
  return [
    rectangle(left, top, { width: right - left, height }, "lane"),
    text(left + CELL.gap, top + 18, `${name}: ${engine}${where}`),
    ...services.flatMap((service, index) => {
      const y = top + LANE_HEADING + index * (SERVICE.height + SERVICE.gap);
      return [
        rectangle(left + CELL.gap, y, SERVICE, "service"),
        text(left + CELL.gap + 8, y + 16, fitting(`${service.name}:${service.ports}`, SERVICE), "small"),
      ];
    }),
    ...cells.flatMap(({ member, x, y }) => [
      rectangle(x, y, CELL, "pod"),
      text(x + 10, y + 24, fitting(member.name, CELL)),
      text(x + 10, y + 44, member.storage === undefined ? "no volume" : `volume ${member.storage}`, "small"),
    ]),
  ];
}

function serviceMiddle({ top }: Lane, index: number): number {
  return top + LANE_HEADING + index * (SERVICE.height + SERVICE.gap) + SERVICE.height / 2;
}

function rectangle(
  x: number,
  y: number,
  { width, height }: { width: number; height: number },
  kind: string,
): string {
  return `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`;
}

function text(x: number, y: number, words: string, kind?: string): string {
  return `<text${kind === undefined ? "" : ` class="${kind}"`} x="${x}" y="${y}">${escaped(words)}</text>`;
}

function line([x, y]: [number, number], [toX, toY]: [number, number]): string {
  const middle = (x + toX) / 2;
  return `<path d="M${x} ${y} C${middle} ${y} ${middle} ${toY} ${toX} ${toY}"/>`;
}

function fitting(words: string, { width }: { width: number }): string {
  const most = Math.floor(width / LETTER) - 2;
  return words.length <= most ? words : `${words.slice(0, most - 1)}…`;
}

function escaped(words: string): string {
  return words.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
