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

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** What is wrong with a page by these rules: a line for each rule, with the first place. */
async function violations(page: Page, address: string): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<Violation[]>(
    `axe.run(document, { resultTypes: ["violations"], runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) => violations)`,
  );
  return found.map(
    ({ id, nodes }) =>
      `${address}: ${id} (${nodes.length}): ${nodes[0]!.target.join(" ")}: ${nodes[0]!.failureSummary.replace(/\s+/g, " ")}`,
  );
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

  it("loads all that its pages name, and nothing from elsewhere", async () => {
    const wrong: string[] = [];
    await eachPage(
      browser!,
      addresses,
      {
        viewport: DESK,
        onAnswer: (address, status) => {
          const own = address.startsWith(`${site!.url}/`) || address.startsWith("data:");
          if (!own || status !== 200) wrong.push(`${status} ${address}`);
        },
        onError: (error) => wrong.push(error.message),
      },
      // What is asked for once the page is drawn is part of it.
      async (page) => page.waitForLoadState("networkidle").then(() => []),
    );
    assert.deepEqual(wrong, []);
  });

  it("does not scroll sideways on a telephone, and has its menu behind a button there", async () => {
    const wrong = await eachPage(
      browser!,
      addresses,
      { viewport: TELEPHONE, hasTouch: true, isMobile: true },
      async (page, address) => {
        const width = await page.evaluate<number>("document.documentElement.scrollWidth");
        await page.getByRole("button", { name: "Menu", exact: true }).click();
        const here = page.locator(".VPSidebar.open .is-active a").first();
        await here.waitFor({ state: "visible", timeout: 5_000 });
        return width > TELEPHONE.width ? [`${address}: ${width} px wide`] : [];
      },
    );
    assert.deepEqual(wrong, []);
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`keeps to WCAG's level AA, ${colorScheme}`, async () => {
      assert.deepEqual(await eachPage(browser!, addresses, { viewport: DESK, colorScheme }, violations), []);
    });
  }

  it("finds a setting, and leads to it", async () => {
    const wrong = await eachPage(browser!, [`${site!.url}/`], { viewport: DESK }, async (page) => {
      await page.getByRole("button", { name: "Search" }).click();
      await page.locator("#localsearch-input").fill("slowQueries");
      const result = page.locator(".VPLocalSearchBox .result").first();
      await result.click();
      await page.waitForURL("**/docs/**");
      const text = await page.locator("main").innerText();
      return text.includes("slowQueries") ? [] : [`the first result is ${page.url()}`];
    });
    assert.deepEqual(wrong, []);
  });
});
