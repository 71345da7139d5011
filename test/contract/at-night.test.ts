import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ALERTS } from "../../components/monitoring/alerts";
import { isReason, REASONS } from "../../components/protocol/reasons";
import { COMMANDS, load } from "../../operate/cli/commands";

const DOCS = join(__dirname, "..", "..", "docs");
const read = (page: string): string => readFileSync(join(DOCS, page), "utf8");
const PAGE = read("at-night.md");
/** Each branch of the tree, by its heading. */
const BRANCHES = new Map(
  PAGE.split(/^## /m)
    .slice(1)
    .map((text) => [text.split("\n")[0] ?? "", text]),
);
const BY_ITSELF = "10. It goes on by itself";

/** Words of Kubernetes that look like reasons. */
const OF_KUBERNETES = ["NotReady", "OOMKilled"];

describe("docs/at-night.md", () => {
  const reasonsIn = (text: string): string[] =>
    [...text.matchAll(/`([A-Z][A-Za-z]*[a-z])`/g)]
      .map(([, word = ""]) => word)
      .filter((word) => !OF_KUBERNETES.includes(word));

  it("deals with each reason in one branch, and with none that there is not", () => {
    const dealt = [...BRANCHES.values()].flatMap((text) => [...new Set(reasonsIn(text))]);
    assert.deepEqual(
      dealt.filter((word) => !isReason(word)),
      [],
    );
    assert.deepEqual(dealt.sort(), [...REASONS].sort());
  });

  it("leaves those alone that go on by themselves, as the page of states has it", () => {
    const rows = [...read("states.md").matchAll(/^\| `(\w+)` +\| .*? +\| (.*?) +\|$/gm)];
    const nothing = rows.filter(([, , todo]) => todo?.startsWith("Nothing")).map(([, reason]) => reason);
    assert.deepEqual(reasonsIn(BRANCHES.get(BY_ITSELF) ?? "").sort(), nothing.sort());
  });

  it("draws each branch in its picture", () => {
    const [, picture = ""] = /```mermaid\n([^]*?)```/.exec(PAGE) ?? [];
    // A label that begins as a list's item does is refused by GitHub's Mermaid.
    const drawn = [...picture.matchAll(/\["(\d+): ([^"]+)"\]/g)].map(
      ([, number, title]) => `${number}. ${title}`,
    );
    assert.deepEqual(new Set(drawn), new Set([...BRANCHES.keys()]));
  });

  it("leads from each alert to a branch, in the order of the page of alerts", () => {
    const told = [...PAGE.matchAll(/^\| \[(\w+)\]\(monitoring\.md#(\w+)\) +\| \S/gm)];
    assert.deepEqual(
      told.map(([, name, anchor]) => [name, anchor]),
      ALERTS.map(({ name }) => [name, name.toLowerCase()]),
    );
  });

  it("has commands and options that there are", () => {
    const typed = [...PAGE.matchAll(/npx stateful ([a-z]+)([^`\n"]*)/g)];
    assert.ok(typed.length > 10);
    for (const [line, name = "", rest = ""] of typed) {
      const command = COMMANDS[name];
      assert.ok(command, line);
      const { USAGE } = load(command);
      for (const [option] of rest.matchAll(/--[a-z-]+/g)) assert.ok(USAGE.includes(`${option} `), line);
      const [verb] = /^ (?!orders)([a-z]+)/.exec(rest) ?? [];
      assert.ok(
        verb === undefined || new RegExp(`[ |]${verb.trim()}\\b`).test(USAGE.split("\n")[0] ?? ""),
        line,
      );
    }
  });

  it("links to headings that are there", () => {
    const anchor = (heading: string): string =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, "")
        .replace(/ /g, "-");
    const links = [...PAGE.matchAll(/\]\(([\w-]+\.md)?#([\w-]+)\)/g)];
    assert.ok(links.length > 20);
    for (const [link, page = "at-night.md", wanted] of links) {
      assert.ok(existsSync(join(DOCS, page)), link);
      const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchor(heading));
      assert.ok(headings.includes(wanted ?? ""), link);
    }
  });
});
