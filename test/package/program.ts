import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const PROJECT = join(__dirname, "..", "..");

/** Versions that a program of today has; typescript is the newest that Pulumi's own templates ask for. */
const PROGRAM = {
  private: true,
  dependencies: { "@pulumi/kubernetes": "^4.34.2", "@pulumi/pulumi": "^3.248.0" },
  devDependencies: { "@types/node": "20.19.43", typescript: "5.9.3" },
};

/** How a program ended, and what it said. */
export interface Ended {
  status: number | null;
  output: string;
}

/** A program of somebody else's, with the package installed from its tarball. Its folder has a space in its name. */
export class Program {
  private constructor(readonly folder: string) {}

  /** Installs the package as its users do. @param packages what it is called there, and where it comes from */
  static install(packages: Record<string, string>): Program {
    const program = new Program(join(mkdtempSync(join(tmpdir(), "stateful-package-")), "some body's shop"));
    const { dependencies, ...rest } = PROGRAM;
    program.write(
      "package.json",
      JSON.stringify({ ...rest, dependencies: { ...dependencies, ...packages } }),
    );
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent"], { cwd: program.folder });
    return program;
  }

  write(file: string, text: string): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Runs a program in its folder. */
  run(program: string, args: string[], directory = "."): Ended {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: join(this.folder, directory),
      encoding: "utf8",
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    return { status, output: stdout + stderr };
  }

  node(...args: string[]): Ended {
    return this.run(process.execPath, args);
  }

  /** Checks the types, with these options beside Pulumi's own of a new project. */
  types(files: string[], options: Record<string, unknown> = {}): Ended {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "es2020",
      module: "commonjs",
      moduleResolution: "node",
      experimentalDecorators: true,
      noFallthroughCasesInSwitch: true,
      noImplicitReturns: true,
      forceConsistentCasingInFileNames: true,
      ...options,
    };
    this.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
    return this.node("node_modules/typescript/bin/tsc", "--pretty", "false");
  }

  /** Another version of Node, by the package of the registry that has it. @returns its program; undefined if there is none */
  nodeOf(major: number): string | undefined {
    const folder = join(dirname(this.folder), `node-${major}`);
    const name = `node-${process.platform}-${process.arch}`;
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), '{ "private": true }');
    const { status } = spawnSync("npm", ["install", "--silent", "--no-audit", `${name}@${major}`], {
      cwd: folder,
    });
    return status === 0 ? join(folder, "node_modules", name, "bin", "node") : undefined;
  }

  /** Where packages of a name are, however deep. */
  copiesOf(name: string): string[] {
    const { output } = this.run("find", ["node_modules", "-path", `*/node_modules/${name}/package.json`]);
    const top = `node_modules/${name}/package.json`;
    return [top, ...output.split("\n").filter((line) => line !== "" && line !== top)];
  }

  /** Every file of an installed package, by its path in it. */
  filesOf(name: string): string[] {
    const root = join(this.folder, "node_modules", name);
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  }
}

/** Packs the package. @returns the tarball */
export function pack(): string {
  const folder = mkdtempSync(join(tmpdir(), "stateful-tarball-"));
  const output = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  return join(folder, output.trim().split("\n").at(-1) ?? "");
}
