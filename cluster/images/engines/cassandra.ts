import { jars } from "../../jars";
import type { Image } from "../image";
import { imageName } from "../names";

/** The image that Cassandra runs on: its jars as their maker publishes them, where the official image has them. */
export const images: Image[] = [
  {
    name: imageName("cassandra", "5.0"),
    // The only suite with the Java that this version is made for.
    suite: "sid",
    // A client as the official image has one, by which tests ask.
    packages: ["openjdk-17-jre-headless=17.*", "python3-cassandra=3.*"],
    // Java's package links its manual there, for which images have no folder.
    aptOptions: ["-o", "DPkg::Pre-Invoke::=mkdir -p /usr/share/man/man1"],
    jars: "cassandra",
    files: Object.fromEntries(
      [...jars("cassandra")].map(([file, source]) => [`/opt/cassandra/lib/${file}`, source]),
    ),
    finish: "cassandra.sh",
    config: { command: ["java"], user: "999:999" },
  },
];
