import { spawn } from "node:child_process";

/** Which cluster is spoken to, and by which program. */
export interface KubectlOptions {
  /** Program to run. @default `kubectl` on the PATH */
  program?: string;
  /** Path of a kubeconfig. @default what kubectl itself takes: `KUBECONFIG`, or the user's own */
  kubeconfig?: string;
  /** Context of that kubeconfig. @default its current one */
  context?: string;
}

/** kubectl ended with an error; the message holds what it said. */
export class KubectlError extends Error {
  constructor(
    readonly args: readonly string[],
    readonly said: string,
  ) {
    super(`kubectl ${args.slice(0, 4).join(" ")}: ${said.trim() || "failed without a word"}`);
  }

  /** Whether the object that was asked for is not there. */
  get notFound(): boolean {
    return this.said.includes("(NotFound)");
  }
}

/** The last line of what was said, which is the reason. */
export function reasonOf(error: unknown): string {
  const text = error instanceof KubectlError ? error.said : String(error);
  return text.trim().split("\n").at(-1) ?? "";
}

/** A Kubernetes object as the API returns it. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    /** Counts the changes of what is wanted. */
    generation?: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string; name: string; uid: string }[];
  };
}

/** One cluster, through kubectl: it knows every way to log in, and whoever has a cluster has it. */
export class Kubectl {
  constructor(readonly options: KubectlOptions = {}) {}

  /**
   * Runs kubectl to its end.
   *
   * @param input written to its standard input
   * @param seconds how long it may take; without it, as long as it takes
   * @returns what it printed
   * @throws KubectlError if it fails
   */
  async run(args: string[], input?: string, seconds?: number): Promise<string> {
    const [program, ...target] = this.command;
    return new Promise((resolve, reject) => {
      const child = spawn(program, [...target, ...args], {
        stdio: ["pipe", "pipe", "pipe"],
        timeout: seconds === undefined ? undefined : seconds * 1000,
      });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
      child.on("error", (error: NodeJS.ErrnoException) => {
        const missing = error.code === "ENOENT";
        reject(missing ? new KubectlError(args, `there is no program "${program}": install kubectl`) : error);
      });
      child.on("close", (code) => {
        const said = Buffer.concat(out).toString("utf8");
        if (code === 0) resolve(said);
        else if (code === null && seconds !== undefined) {
          reject(new KubectlError(args, `no answer within ${seconds} s`));
        } else reject(new KubectlError(args, Buffer.concat(err).toString("utf8") || said));
      });
      // A command that ends without reading its input is no error of ours: its exit status tells.
      child.stdin.on("error", () => undefined);
      child.stdin.end(input ?? "");
    });
  }

  /** Runs kubectl before the user's own eyes. @returns its exit status, 0 where its user interrupted it */
  async show(args: string[]): Promise<number> {
    const [program, ...target] = this.command;
    return await new Promise((resolve, reject) => {
      const child = spawn(program, [...target, ...args], { stdio: "inherit" });
      child.on("error", (error: NodeJS.ErrnoException) => {
        const missing = error.code === "ENOENT";
        reject(missing ? new KubectlError(args, `there is no program "${program}": install kubectl`) : error);
      });
      child.on("close", (code, signal) => {
        resolve(code ?? (signal === "SIGINT" ? 0 : 1));
      });
    });
  }

  /** What to type before a command for the same cluster. */
  get commandLine(): string {
    return this.command.join(" ");
  }

  private get command(): [string, ...string[]] {
    const { program = "kubectl", kubeconfig, context } = this.options;
    return [
      program,
      ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
      ...(context === undefined ? [] : [`--context=${context}`]),
    ];
  }

  /** An object, or undefined if it is not there. */
  async get<T extends ApiObject>(kind: string, name: string, namespace?: string): Promise<T | undefined> {
    try {
      return JSON.parse(await this.run(["get", kind, name, ...inNamespace(namespace), "-o", "json"])) as T;
    } catch (error) {
      if (error instanceof KubectlError && error.notFound) return undefined;
      throw error;
    }
  }

  /** The objects of a kind. @param selector labels, as kubectl writes them */
  async list<T extends ApiObject>(kind: string, namespace?: string, selector?: string): Promise<T[]> {
    const labels = selector === undefined ? [] : ["-l", selector];
    const text = await this.run(["get", kind, ...inNamespace(namespace), ...labels, "-o", "json"]);
    return (JSON.parse(text) as { items: T[] }).items;
  }

  /** What the API server answers to a plain GET. @param seconds how long that may take */
  async raw(path: string, seconds?: number): Promise<string> {
    // kubectl's own --request-timeout would become part of the address.
    return this.run(["get", "--raw", path], undefined, seconds);
  }
}

function inNamespace(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : ["-n", namespace];
}
