import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { kubectl } from "../kubectl";
import { sources } from "../layout";
import { run } from "../shell";

/** A namespace of the test bed, and what the tests put into it. */
export class Sandbox {
  constructor(readonly namespace: string) {}

  async create(): Promise<void> {
    await this.delete();
    await kubectl(["create", "namespace", this.namespace]);
  }

  async delete(): Promise<void> {
    await kubectl(["delete", "namespace", this.namespace, "--ignore-not-found", "--timeout=120s"]);
  }

  /** kubectl in this namespace. */
  async kubectl(args: string[], input?: string): Promise<string> {
    return kubectl([`--namespace=${this.namespace}`, ...args], input);
  }

  async apply(...objects: object[]): Promise<void> {
    await this.kubectl(
      ["apply", "--filename=-"],
      JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    );
  }

  async ready(pod: string, seconds = 60): Promise<void> {
    await this.kubectl(["wait", `pod/${pod}`, "--for=condition=Ready", `--timeout=${seconds}s`]);
  }

  /** Runs a shell line in a pod. */
  async sh(pod: string, line: string): Promise<string> {
    return (await this.kubectl(["exec", pod, "--", "sh", "-c", line])).trim();
  }
}

export interface PodOptions {
  node?: string;
  claim?: string;
  labels?: Record<string, string>;
  command?: string[];
  image?: string;
  tolerateLostNode?: boolean;
}

/** A pod that does nothing but hold a volume at /data, unless it is given a command. */
export function pod(name: string, options: PodOptions = {}): object {
  const volume = {
    name: "data",
    ...(options.claim ? { persistentVolumeClaim: { claimName: options.claim } } : { emptyDir: {} }),
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: options.labels },
    spec: {
      terminationGracePeriodSeconds: 1,
      nodeSelector: options.node ? { "kubernetes.io/hostname": options.node } : undefined,
      securityContext: { runAsUser: 999, runAsGroup: 999, fsGroup: 999 },
      containers: [
        {
          name: "main",
          image: options.image ?? "stateful.test/tools:1",
          command: options.command,
          volumeMounts: [{ name: "data", mountPath: "/data" }],
        },
      ],
      volumes: [volume],
    },
  };
}

export interface ClaimOptions {
  size?: string;
  className?: string;
  source?: { kind: string; name: string; apiGroup?: string };
}

export function claim(name: string, options: ClaimOptions = {}): object {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: options.className ?? "csi-loop",
      resources: { requests: { storage: options.size ?? "1Gi" } },
      dataSource: options.source,
    },
  };
}

const cli = ["--require", "./test/register.js", join(sources, "cli.ts")];

/** Runs the command as a user would and returns what it printed on standard output. */
export async function cluster(...args: string[]): Promise<string> {
  return run("node", [...cli, ...args], { cwd: join(sources, "..") });
}

/** Starts the command and leaves it running. */
export function startCluster(...args: string[]): ChildProcess {
  return spawn("node", [...cli, ...args], {
    cwd: join(sources, ".."),
    stdio: ["ignore", "ignore", "pipe"],
  });
}
