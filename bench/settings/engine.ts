import type { Differences } from "./differences";
import type { Row } from "./table";

/** A table of one version's settings. */
export interface VersionTable {
  version: string;
  /** The version of the server that was asked. */
  asked: string;
  rows: Row[];
  /** What the version has otherwise than that server. @default nothing */
  differences?: Differences;
}

/** What a file beside this one, called as its engine, exports. */
export interface SettingsOf {
  /** What is to be named, and what is then written: for the usage. */
  usage: string;
  /** Asks the servers that are at a place. */
  tables: (where: string) => Promise<VersionTable[]>;
}

/** The version in what a program says of itself: `server  Ver 9.7.4-2 for Linux`, `server (Debian 17.6-1) 17.6`. */
export function versionIn(text: string): string {
  return /\d+\.\d+(\.\d+)?/.exec(text.replace(/^\S+/, ""))?.[0] ?? "";
}
