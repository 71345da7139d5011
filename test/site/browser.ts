import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { ensureWithLibraries, type UnpackedProgram } from "../../cluster/debian-programs";
import { onPath } from "../../cluster/shell";

/** Names that a Chromium of a machine has. */
const INSTALLED = ["chromium", "chromium-headless-shell", "chromium-browser", "google-chrome"];

/** A Chromium that needs no screen: the machine's, or else Debian's. */
async function findChromium(): Promise<UnpackedProgram> {
  const installed = INSTALLED.find(onPath);
  if (installed !== undefined) return { path: installed, env: {} };
  return await ensureWithLibraries("chromium-headless-shell", "usr/lib/chromium/chromium-headless-shell");
}

/** Opens a browser; skips the suite where there is none to be had, and says why in one line. */
export async function openBrowser(context: Mocha.Context): Promise<Browser> {
  const found = await findChromium().catch((error: unknown) => {
    console.log(`    skipped: there is no Chromium: ${String(error).split("\n")[0]}`);
    return context.skip();
  });
  return await chromium.launch({
    executablePath: found.path,
    env: { ...(process.env as Record<string, string>), ...found.env },
    // Drawn by the page's own process: with one of its own, as root, it would put itself before all else on the machine.
    args: ["--disable-gpu"],
  });
}

/** What is to be known of the pages that a reader opens. */
export interface Reader extends BrowserContextOptions {
  /** Called with each address that anything is asked of, and with how it was answered. */
  onAnswer?: (address: string, status: number) => void;
  /** Called with what a page's scripts throw. */
  onError?: (error: Error) => void;
}

/** Opens pages one after the other, with the screen of a reader. */
export async function eachPage(
  browser: Browser,
  addresses: string[],
  { onAnswer, onError, ...screen }: Reader,
  look: (page: Page, address: string) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(screen);
  try {
    const page = await context.newPage();
    if (onError) page.on("pageerror", onError);
    if (onAnswer) {
      page.on("response", (response) => {
        onAnswer(response.url(), response.status());
      });
      page.on("requestfailed", (request) => {
        // What is fetched ahead is given up when the next page is opened.
        if (request.failure()?.errorText !== "net::ERR_ABORTED") onAnswer(request.url(), 0);
      });
    }
    for (const address of addresses) {
      await page.goto(address, { waitUntil: "load" });
      await look(page, address);
    }
  } finally {
    await context.close();
  }
}
