import { posix } from "node:path";
import type { MarkdownRenderer } from "vitepress";

/** What a reader's browser can show, or keep, as it is: such a file goes along with the site. */
const SHOWN_AS_IT_IS = /\.(ya?ml|json|svg)$/;

/** What a link of a page leads to, by the way it stands in the repository. */
export interface Targets {
  pages: ReadonlySet<string>;
  /** Called with each file that goes along. */
  takeAlong: (file: string) => void;
}

/**
 * Leads the links of a page to where the site has what they name. What it has not, sources and folders, becomes text with its path:
 * nobody is sent to nowhere, and who has the repository knows where to look.
 */
export function repositoryLinks(markdown: MarkdownRenderer, { pages, takeAlong }: Targets): void {
  markdown.core.ruler.push("repository-links", ({ tokens, env, Token }) => {
    const folder = posix.dirname((env as { relativePath: string }).relativePath);
    for (const block of tokens) {
      let path: string | undefined;
      let text = "";
      block.children = (block.children ?? []).flatMap((token) => {
        if (token.type === "link_close" && path !== undefined) {
          const [space, name] = [new Token("text", "", 0), new Token("code_inline", "code", 0)];
          [space.content, name.content] = [" ", path];
          const isNamed = text === path;
          path = undefined;
          return isNamed ? [] : [space, name];
        }
        text = token.content;
        const href = token.type === "link_open" ? (token.attrGet("href") ?? "") : "";
        if (href === "" || /^([a-z][a-z0-9+.-]*:|#)/i.test(href)) return [token];
        const [file = "", ...anchor] = href.split("#");
        const target = posix.join(folder, decodeURI(file));
        if (pages.has(target)) {
          token.attrSet("href", [file.replace(/README\.md$/, "index.md"), ...anchor].join("#"));
        } else if (SHOWN_AS_IT_IS.test(target)) {
          takeAlong(target);
          // The router would look for a page.
          token.attrSet("target", "_self");
        } else {
          path = target;
          return [];
        }
        return [token];
      });
    }
  });
}
