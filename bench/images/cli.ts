import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ENGINE_NAMES } from "../../stacks/engines";
import { check, pin } from "./pin";
import { Registries } from "./registry";

const USAGE = `npm run images -- [--check] [--registry NAME=URL]...

Writes behind each image of components/common/images.ts and of each engine's images.ts the digest that its tag leads to now,
so that all members run the same build. An image must be there for linux/amd64 and linux/arm64. Where one is not found, no
file changes.

  --check              change nothing; tell whether what the files name is there, and where a tag leads elsewhere by now
  --registry NAME=URL  ask there instead of the registry of that name (docker.io=https://mirror.example)
  --help               show this
`;

const COMPONENTS = join(__dirname, "..", "..", "components");

function files(): string[] {
  return ["common", ...ENGINE_NAMES]
    .map((room) => join(COMPONENTS, room, "images.ts"))
    .filter((file) => existsSync(file));
}

/** @returns the exit status */
export async function main(args: string[], sources = files()): Promise<number> {
  let mirrors: Map<string, string>;
  let checks: boolean;
  try {
    const { values } = parseArgs({
      args,
      options: {
        check: { type: "boolean", default: false },
        registry: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return 0;
    }
    checks = values.check;
    mirrors = new Map(values.registry.map(mirrorFrom));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const outcomes = await (checks ? check : pin)(sources, new Registries(mirrors));
  for (const { name, state, wrong } of outcomes) {
    (wrong ? console.error : console.log)(state.startsWith(name) ? state : `${name}: ${state}`);
  }
  const wrong = outcomes.filter((outcome) => outcome.wrong).length;
  if (wrong === 0) return 0;
  console.error(
    checks
      ? `${wrong} of ${outcomes.length} images could not be verified.`
      : `${wrong} of ${outcomes.length} images could not be pinned: no file was changed, and those there go on being used.`,
  );
  return 1;
}

function mirrorFrom(text: string): [string, string] {
  const [, name, url] = /^([a-z0-9.:-]+)=(https?:\/\/[^/]+)\/?$/.exec(text) ?? [];
  if (name === undefined || url === undefined) {
    throw new Error(`--registry ${text}: write NAME=URL, for instance docker.io=https://mirror.example`);
  }
  return [name, url];
}

if (require.main === module) {
  void main(process.argv.slice(2)).then((status) => {
    process.exitCode = status;
  });
}
