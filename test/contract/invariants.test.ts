import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DataState, MemberState, ProcessState, Role } from "../../agent/core/types";

const DOCS = join(__dirname, "../../docs");
const PAGE = readFileSync(join(DOCS, "invariants.md"), "utf8");

/** Titles of a file's tests and their groups, with `…` for what is filled in. Those that are skipped are none. */
function titlesIn(path: string): string[] {
  const found = readFileSync(join(DOCS, path), "utf8").matchAll(
    /\b(?:it|describe)\(\s*(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g,
  );
  return [...found].map(([, plain, filled]) => plain ?? filled?.replaceAll(/\$\{[^}]*\}/g, "…") ?? "");
}

describe("the page of invariants", () => {
  const invariants = PAGE.split(/^### /m)
    .slice(1)
    .map((section) => {
      const [text = ""] = section.split(/^## /m);
      const tests = [...text.matchAll(/^- \[.+?\]\((.+?)\): "(.+)"$/gm)];
      const lines = text.match(/^- /gm)?.length ?? 0;
      return {
        name: text.split("\n")[0] ?? "",
        lines,
        tests: tests.map(([, file = "", title = ""]) => ({ file, title })),
      };
    });

  it("names of each the tests that fail when it is broken, one that needs no cluster among them", () => {
    assert.ok(invariants.length > 20, `${invariants.length} invariants`);
    for (const { name, lines, tests } of invariants) {
      assert.equal(tests.length, lines, `${name}: each line is [room](file): "title"`);
      assert.ok(
        tests.some(({ file }) => file.startsWith("../test/unit/")),
        name,
      );
    }
  });

  it("names tests that are there, by their whole titles", () => {
    const missing = invariants.flatMap(({ name, tests }) =>
      tests
        .filter(({ file, title }) => !titlesIn(file).includes(title))
        .map(({ file, title }) => `${name}: ${file}: ${title}`),
    );
    assert.deepEqual(missing, []);
  });

  it("has every state that a member can be in, and no other", () => {
    // The compiler holds these lists to the types.
    const states = [
      ...Object.keys({ stopped: 0, starting: 0, running: 0 } satisfies Record<ProcessState, 0>),
      ...Object.keys({ none: 0, fresh: 0, data: 0 } satisfies Record<DataState, 0>),
      ...Object.keys({ offline: 0, joining: 0, online: 0, blocked: 0, failed: 0 } satisfies Record<
        MemberState,
        0
      >),
      ...Object.keys({ primary: 0, replica: 0, member: 0, none: 0 } satisfies Record<Role, 0>),
    ];
    const [, section = ""] = /^## States of a member$([\s\S]*?)^## /m.exec(PAGE) ?? [];
    assert.deepEqual(
      [...section.matchAll(/^\| [a-z ]* +\| `(\w+)` /gm)].map(([, state]) => state),
      states,
    );
  });
});
