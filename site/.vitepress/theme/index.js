// VitePress' own theme, with the fonts that a reader has: a font of ours would be another 500 kB.
import DefaultTheme from "vitepress/theme-without-fonts";
import "./style.css";

export default DefaultTheme;
