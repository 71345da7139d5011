import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, sources } from "./layout";
import { step } from "./progress";
import { run } from "./shell";

/**
 * Programs built from Go modules with pinned versions. What a module builds is kept in the cache under a name made of
 * everything that goes in, so that a change builds anew and nothing else does.
 */
const modules = {
  kubernetes: "binaries/kubernetes",
  coredns: "binaries/coredns",
  "csi-provisioner": "binaries/csi-provisioner",
  "csi-sidecars": "binaries/csi-sidecars",
  csi: "csi",
  pause: "binaries/pause",
  versitygw: "binaries/versitygw",
  porcupine: "../test/soak/porcupine",
};
export type GoModule = keyof typeof modules;

/** What a cluster is made of; the others are built when they are needed. */
const ofCluster = (Object.keys(modules) as GoModule[]).filter(
  (module) => module !== "porcupine" && module !== "versitygw",
);

/** Folder in the cache that holds all built programs. */
export const binariesDir = join(cacheDir, "bin");

/** Path of a built program below {@link binariesDir}. */
export function binary(module: GoModule, program: string): string {
  return join(folderName(module), program);
}

/** Builds what the cache does not have yet. @param wanted modules; by default what a cluster is made of */
export async function ensureBinaries(wanted: GoModule[] = ofCluster): Promise<void> {
  const missing = wanted.filter((module) => !existsSync(join(binariesDir, folderName(module))));
  if (missing.length === 0) return;
  const go = (await run("go", ["version"])).trim();
  for (const module of missing) {
    await step(`building ${module} with ${go.split(" ")[2] ?? "Go"}${note(module)}`, async () =>
      build(module),
    );
  }
}

function note(module: GoModule): string {
  return module === "kubernetes" ? ", once: this takes five to ten minutes" : "";
}

async function build(module: GoModule): Promise<void> {
  const target = join(binariesDir, folderName(module));
  const unfinished = `${target}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  // A module of tools builds the programs it names; one with a main package builds that.
  const packages = existsSync(join(moduleDir(module), "main.go")) ? "." : "tool";
  await run(
    "nice",
    [
      "-n",
      "10",
      "go",
      "build",
      "-trimpath",
      "-ldflags",
      linkerFlags(module),
      "-o",
      `${unfinished}/`,
      packages,
    ],
    {
      cwd: moduleDir(module),
      env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly" },
    },
  );
  renameSync(unfinished, target);
}

/** Kubernetes learns its version from the linker; without it, clients take the server for version 0. */
function linkerFlags(module: GoModule): string {
  const flags = ["-s", "-w"];
  if (module === "kubernetes") {
    const version = kubernetesVersion();
    const [major, minor] = version.slice(1).split(".");
    for (const target of ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]) {
      flags.push(`-X ${target}.gitVersion=${version}`);
      flags.push(`-X ${target}.gitMajor=${major}`, `-X ${target}.gitMinor=${minor}`);
    }
  }
  return flags.join(" ");
}

/** Version of Kubernetes that the test bed runs, e.g. `v1.34.4`. */
export function kubernetesVersion(): string {
  const version = /k8s\.io\/kubernetes (v[\d.]+)/.exec(
    readFileSync(join(moduleDir("kubernetes"), "go.mod"), "utf8"),
  );
  if (!version?.[1]) throw new Error("binaries/kubernetes/go.mod requires no version of k8s.io/kubernetes");
  return version[1];
}

/** Folder with the module's go.mod. */
export function moduleDir(module: GoModule): string {
  return join(sources, modules[module]);
}

const names = new Map<GoModule, string>();

function folderName(module: GoModule): string {
  const known = names.get(module);
  if (known !== undefined) return known;
  const hash = createHash("sha256");
  const files = readdirSync(moduleDir(module)).sort();
  for (const file of files) hash.update(file).update(readFileSync(join(moduleDir(module), file)));
  const name = `${module}-${hash.digest("hex").slice(0, 12)}`;
  names.set(module, name);
  return name;
}
