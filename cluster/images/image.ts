import type { ImageConfig } from "./oci";

/** One image of the test bed. */
export interface Image {
  /** Full name, with its tag. */
  name: string;
  /** Debian suite it stands on; without one the image holds only {@link files}. */
  suite?: "trixie" | "sid";
  /** Debian packages, each with its version up to what may change (`name=1.2.*`). */
  packages?: string[];
  /** Options of the `apt-get install` that puts them in. @default none */
  aptOptions?: string[];
  /** Programs from the cache: path in the image → path below the binaries' folder. */
  files?: Record<string, string>;
  /** Jars that have to be fetched before: a folder of `jars/`. Which of them go where says {@link files}. */
  jars?: string;
  /** Shell script in `images/`, run as root inside the image after the packages are in. */
  finish?: string;
  config: ImageConfig;
}
