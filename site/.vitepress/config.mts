import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig } from "vitepress";
import { anchorOf } from "../anchors.js";
import { repositoryLinks } from "../links.mjs";
import { addressOf, menu, pages, PROJECT, titleOf } from "../pages.js";

const known = new Set(pages());
const folders = new Set([...known].map((page) => page.split("/")[0]));
const alongside = new Set<string>();

export default defineConfig({
  title: "stateful",
  description: "Stateful databases on Kubernetes",
  lang: "en",
  // The pages are where they are in the repository, and are read there: nothing is copied by hand.
  srcDir: PROJECT,
  srcExclude: readdirSync(PROJECT)
    .filter((name) => !name.startsWith(".") && !folders.has(name))
    .map((name) => `${name}/**`),
  outDir: join(PROJECT, "dist-site"),
  cacheDir: join(PROJECT, "node_modules", ".cache", "vitepress"),
  rewrites: Object.fromEntries(
    [...known]
      .filter((page) => page.endsWith("README.md"))
      .map((page) => [page, page.replace(/README\.md$/, "index.md")]),
  ),
  // Without it, a browser asks for /favicon.ico.
  head: [["link", { rel: "icon", href: "data:," }]],
  markdown: {
    // VitePress' own colours of code are too pale for WCAG's AA.
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    anchor: { slugify: anchorOf },
    config: (markdown) => {
      // Code that is only indented gets the same box, which scrolls by itself.
      markdown.renderer.rules.code_block = markdown.renderer.rules.fence;
      repositoryLinks(markdown, { pages: known, takeAlong: (file) => alongside.add(file) });
    },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    // Groups that fold would be buttons with buttons in them, which a screen reader cannot tell apart.
    sidebar: menu().map(({ title, pages: own }) => ({
      text: title,
      items: own.map((page) => ({ text: titleOf(page).replace(/^Reference: /, ""), link: addressOf(page) })),
    })),
  },
  // The lowest that the compiler of scripts can write is this.
  vite: { build: { target: "es2022" } },
  buildEnd: ({ outDir }) => {
    for (const file of alongside) {
      mkdirSync(dirname(join(outDir, file)), { recursive: true });
      copyFileSync(join(PROJECT, file), join(outDir, file));
    }
  },
});
