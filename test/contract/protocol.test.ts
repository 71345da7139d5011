import * as assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import * as accounts from "../../components/protocol/accounts";
import * as annotations from "../../components/protocol/annotations";
import { AGENT_MANAGER } from "../../components/protocol/labels";
import { bootstrapMarkerName, headlessServiceName } from "../../components/protocol/names";
import * as paths from "../../components/protocol/paths";
import * as ports from "../../components/protocol/ports";

const PROJECT = join(__dirname, "..", "..");

function sources(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join(folder, path));
}

const textOf = (path: string): string => readFileSync(join(PROJECT, path), "utf8");

/** Files of the project that a file imports, as seen from its root; other packages by their names. */
function importsOf(path: string): string[] {
  const found = [...textOf(path).matchAll(/(?:from|import|require\()\s*"([^"]+)"/g)];
  return found.map(([, target = ""]) =>
    target.startsWith(".") ? normalize(join(dirname(path), target)) : target,
  );
}

/** Where the names of roles stand outside the topology and the engines' rooms, and why. */
const NAMING_ROLES: [place: RegExp, why: string][] = [
  [/^agent\/core\/election\//, "what the agents elect there is a primary, of whatever engine"],
  [
    /^(components\/backup\/args|agent\/backup-work)\.ts$/,
    "of whom copies are made is an argument with values of its own",
  ],
];

/** What only one engine's component and agent agree on stands in its room. */
const isEngines = (path: string): boolean => {
  const [, room = ""] = path.split("/");
  return room !== "protocol" && existsSync(join(PROJECT, "components", room, "protocol.ts"));
};

/** A file without its comments. */
const codeOf = (path: string): string => textOf(path).replaceAll(/\/\*[\s\S]*?\*\/|^ *\/\/.*$/gm, "");

const isProtocol = (path: string): boolean =>
  /^components\/(protocol\/\w|\w+\/(protocol|topology)(\.ts)?$)/.test(path);

describe("what processes must agree on", () => {
  it("imports nothing: it is part of the agent's program, which has no Pulumi", () => {
    const rooms = sources("components").filter(isProtocol);
    assert.ok(rooms.length > 5, rooms.join());
    for (const path of rooms) {
      assert.deepEqual(
        importsOf(path).filter((target) => !isProtocol(target)),
        [],
        path,
      );
    }
  });

  it("is all that the agent takes from the components", () => {
    for (const path of sources("agent")) {
      const taken = importsOf(path).filter((target) => target.startsWith("components/"));
      assert.deepEqual(
        taken.filter((target) => !isProtocol(target)),
        [],
        path,
      );
    }
  });

  it("stands once", () => {
    const agreed = [
      accounts.REPLICATION_USER,
      ...Object.values(accounts.PASSWORD_FILES).filter((file) => file !== "password"),
      ...Object.values(annotations),
      AGENT_MANAGER,
      bootstrapMarkerName("${name}"),
      headlessServiceName("${name}"),
      bootstrapMarkerName("${database}"),
      headlessServiceName("${database}"),
      ...Object.values(paths),
      ...Object.values(ports).map(String),
    ];
    const places = ["agent", "components", "operate", "stacks", "render"].flatMap(sources);
    const again = places
      .filter((path) => !isProtocol(path))
      .flatMap((path) => {
        const literals = new Set(
          [...codeOf(path).matchAll(/["`]([^"`\n]*)["`]|\b(\d{4})\b/g)].map(([, a, b]) => a ?? b),
        );
        return agreed.filter((one) => literals.has(one)).map((one) => `${relative(".", path)}: ${one}`);
      });
    assert.deepEqual(again, []);
  });

  it("names roles in the topology alone: who takes the writes is asked of it", () => {
    const role = /["'`=](primary|replica)["'`|]/;
    const others = ["agent", "components", "operate", "stacks", "render", "bench"]
      .flatMap(sources)
      .filter((path) => !isProtocol(path) && !isEngines(path));
    const naming = others.filter((path) => role.test(codeOf(path)));
    assert.deepEqual(
      naming.filter((path) => !NAMING_ROLES.some(([place]) => place.test(path))),
      [],
    );
    for (const [place, why] of NAMING_ROLES) {
      assert.ok(
        naming.some((path) => place.test(path)),
        `${String(place)} (${why}) needs no exception any more`,
      );
    }
  });
});
