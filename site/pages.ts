import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** What is a page of the site, and where it stands in the menu. A page has the path in the site that it has in the repository. */

export const PROJECT = join(__dirname, "..");

/** The page that greets. */
export const HOME = "README.md";

/** Pages that are put together in the menu. */
export interface Group {
  title: string;
  pages: string[];
}

/** The whole menu, from top to bottom. */
export function menu(): Group[] {
  return [
    { title: "Start", pages: [HOME, ...docs("features", "configuration")] },
    { title: "Databases", pages: docs(...engines()) },
    { title: "Around them", pages: docs("applications", "users", "storage", "network", "tls") },
    {
      title: "Operate",
      pages: docs(
        "operate",
        "at-night",
        "backup",
        "backup-figures",
        "sites",
        "monitoring",
        "node-agents",
        "states",
        "gitops",
        "rights",
        "failure-matrix",
        "load",
      ),
    },
    { title: "Library", pages: docs("library", "reference/README") },
    { title: "How it works", pages: docs("architecture", "agent", "invariants") },
    {
      title: "This repository",
      pages: [
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        ...["cluster", "test/e2e", "test/soak"].map((room) => `${room}/${HOME}`),
      ],
    },
    { title: "Reference", pages: referencePages() },
  ];
}

/** Every page of the site. */
export function pages(): string[] {
  return menu().flatMap((group) => group.pages);
}

/** What a page calls itself. */
export function titleOf(page: string): string {
  const title = /^# (.+)$/m.exec(readFileSync(join(PROJECT, page), "utf8"))?.[1];
  if (title === undefined) throw new Error(`${page} has no title. Begin it with a line "# ITS TITLE".`);
  return title.replace(/`/g, "");
}

/** Where the site has a page: the README of a folder is that folder's own page. */
export function addressOf(page: string): string {
  return `/${page.replace(/README\.md$/, "").replace(/\.md$/, ".html")}`;
}

function docs(...names: string[]): string[] {
  return names.map((name) => `docs/${name}.md`);
}

/** The engines, by what every room of one has: this folder knows none by name. */
function engines(): string[] {
  return readdirSync(join(PROJECT, "components"))
    .filter((room) => existsSync(join(PROJECT, "components", room, "component.ts")))
    .sort();
}

/** The reference of each of the library's rooms: `npm run docs` makes them. */
function referencePages(): string[] {
  return readdirSync(join(PROJECT, "docs", "reference"))
    .filter((file) => file.endsWith(".md") && file !== HOME)
    .sort()
    .map((file) => `docs/reference/${basename(file)}`);
}
