import { readdirSync } from "node:fs";
import { BUILT, buildSite } from "../../site/build";

let built: string[] | undefined;

/** The addresses of the site's pages. It is built for the first that asks. */
export function builtPages(): string[] {
  if (built === undefined) {
    buildSite();
    built = readdirSync(BUILT, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".html") && file !== "404.html")
      .map((file) => `/${file.replace(/(^|\/)index\.html$/, "$1")}`)
      .sort();
  }
  return built;
}
