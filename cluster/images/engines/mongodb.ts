import { nodeProgram } from "../../node-programs";
import type { Image } from "../image";
import { imageName } from "../names";

/** In the server's place, which no package registry has: programs of the same names, as far as tests need them. */
export const images: Image[] = [
  {
    name: imageName("mongodb-stand-in", "8.0"),
    suite: "trixie",
    packages: ["nodejs=20.*"],
    files: {
      "/usr/bin/mongod": nodeProgram("test/fakes/mongodb/mongod.ts"),
      "/usr/bin/mongosh": nodeProgram("test/fakes/mongodb/mongosh.ts"),
    },
    config: { command: ["mongod"], user: "999:999" },
  },
];
