import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { BUILT } from "../../site/build";
import { addressOf, pages } from "../../site/pages";
import { fileOf } from "../../site/server";
import { builtPages } from "./built";

interface Page {
  ids: Set<string>;
  /** What it leads to or loads. */
  targets: string[];
}

function read(address: string): Page {
  const html = readFileSync(fileOf(BUILT, address)!, "utf8");
  const values = (attribute: string): string[] =>
    [...html.matchAll(new RegExp(`\\s${attribute}="([^"]*)"`, "g"))].map(([, value]) =>
      value!.replace(/&amp;/g, "&"),
    );
  return { ids: new Set(values("id")), targets: [...values("href"), ...values("src")] };
}

describe("the site", () => {
  let site: Map<string, Page>;

  before(() => {
    site = new Map(builtPages().map((address) => [address, read(address)]));
  });

  it("is made of the pages of its menu", () => {
    assert.deepEqual([...site.keys()], pages().map(addressOf).sort());
  });

  it("has no link that leads nowhere", () => {
    const broken: string[] = [];
    let seen = 0;
    for (const [address, { targets }] of site) {
      for (const target of targets.filter((link) => !/^(https?|mailto|data):/.test(link))) {
        const { pathname, hash } = new URL(target, `http://127.0.0.1${address}`);
        const to = pathname.replace(/(^|\/)index\.html$/, "$1");
        const anchor = decodeURIComponent(hash.slice(1));
        seen += 1;
        const there = site.get(to)?.ids.has(anchor) ?? false;
        if (fileOf(BUILT, to) === undefined || (anchor !== "" && !there))
          broken.push(`${address}: ${target}`);
      }
    }
    assert.ok(seen > 1000, `only ${seen} links`);
    assert.deepEqual(broken, []);
  });

  it("loads nothing from elsewhere", () => {
    const loaded = builtPages().flatMap((address) =>
      [...readFileSync(fileOf(BUILT, address)!, "utf8").matchAll(/<(?:script|link|img|iframe)\s[^>]*>/g)]
        .map(([tag]) => tag)
        .filter((tag) => /\s(?:src|href)="(?:https?:)?\/\//.test(tag)),
    );
    assert.deepEqual(loaded, []);
  });
});
