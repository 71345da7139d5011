import assert from "node:assert/strict";
import { source as AXE } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { BUILT } from "../../site/build";
import { serve, type Served } from "../../site/server";
import { eachPage, openBrowser } from "./browser";
import { builtPages } from "./built";

const TELEPHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };

/** What WCAG asks for on its levels A and AA, as far as a program can tell. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/**
 * Pages that have between them each kind of thing that a page may have: pictures, tables, code of each language, what is put into a box, the
 * reference's index and one of its pages. To judge all of them took minutes, and what differs is their words alone.
 */
const ALL_KINDS = [
  ...["/", "/CONTRIBUTING.html", "/docs/architecture.html", "/docs/configuration.html", "/docs/library.html"],
  ...["/docs/states.html", "/docs/reference/", "/docs/reference/tls.html"],
];

/** The theme's search button shows its key beside its name, which is no part of the name. */
const NOT_JUDGED = { "label-content-name-mismatch": { enabled: false } };

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** What is wrong with a page by some rules: a line for each, with the first place. */
async function violations(page: Page, title: string, only: string[]): Promise<string[]> {
  const options = JSON.stringify({ resultTypes: ["violations"], runOnly: only, rules: NOT_JUDGED });
  const found = await page.evaluate<Violation[]>(
    `axe.run(document, ${options}).then(({ violations }) => violations)`,
  );
  return found.map(({ id, nodes }) => {
    const [{ target, failureSummary }] = nodes as [Violation["nodes"][number]];
    return `${title}: ${id} (${nodes.length}): ${target.join(" ")}: ${failureSummary.replace(/\s+/g, " ")}`;
  });
}

describe("the site, in a browser", () => {
  let browser: Browser | undefined;
  let site: Served | undefined;
  let addresses: string[];

  before(async function () {
    browser = await openBrowser(this);
    const pages = builtPages();
    const { url } = (site = await serve(BUILT));
    addresses = pages.map((page) => url + page);
  });

  after(async () => {
    await browser?.close();
    await site?.end();
  });

  it("loads all that its pages name, nothing from elsewhere, and fits on a telephone with its menu behind a button", async () => {
    const wrong: string[] = [];
    await eachPage(
      browser!,
      addresses,
      {
        viewport: TELEPHONE,
        hasTouch: true,
        isMobile: true,
        onAnswer: (address, status) => {
          if (!address.startsWith(`${site!.url}/`) || status !== 200) wrong.push(`${status} ${address}`);
        },
        onError: (error) => wrong.push(error.message),
      },
      async (page, address) => {
        const width = await page.evaluate<number>("document.documentElement.scrollWidth");
        if (width > TELEPHONE.width) wrong.push(`${address}: ${width} px wide`);
        await page.getByRole("button", { name: "Menu", exact: true }).click();
        await page
          .locator(".VPSidebar.open .is-active a")
          .first()
          .waitFor({ state: "visible", timeout: 20_000 });
      },
    );
    assert.deepEqual(wrong, []);
  });

  it("keeps to WCAG's level AA, light and dark", async () => {
    const wrong: string[] = [];
    const kinds = ALL_KINDS.map((page) => site!.url + page);
    await eachPage(browser!, kinds, { viewport: DESK, colorScheme: "light" }, async (page, address) => {
      await page.evaluate(AXE);
      wrong.push(...(await violations(page, `${address}, light`, RULES)));
      await page.emulateMedia({ colorScheme: "dark" });
      await page.locator("html.dark").waitFor();
      wrong.push(...(await violations(page, `${address}, dark`, ["color-contrast"])));
      await page.emulateMedia({ colorScheme: "light" });
    });
    assert.deepEqual(wrong, []);
  });

  it("finds a setting, and leads to it", async () => {
    await eachPage(browser!, [`${site!.url}/`], { viewport: DESK }, async (page) => {
      await page.getByRole("button", { name: "Search" }).click();
      await page.locator("#localsearch-input").fill("slowQueries");
      const result = page.locator(".VPLocalSearchBox .result").first();
      await result.click();
      await page.waitForURL("**/docs/**");
      const text = await page.locator("main").innerText();
      assert.ok(text.includes("slowQueries"), `the first result is ${page.url()}`);
    });
  });
});
