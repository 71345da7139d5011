import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { ApiObject } from "../../../../operate/kube/kubectl";
import { kubeconfig, kubectlProgram } from "./cluster";

/** A change of an object, and when it was heard of. */
export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: T;
  /** Milliseconds since the epoch. */
  at: number;
}

/** Hears of each change as it happens: to look again and again would measure its own delay too. */
export class Watch<T extends ApiObject> {
  private readonly events: WatchEvent<T>[] = [];
  private readonly child: ChildProcess;
  private listeners: (() => void)[] = [];
  private said = "";

  /** @param args what to watch, as `kubectl get` takes it */
  constructor(
    namespace: string,
    private readonly args: string[],
  ) {
    const output = ["--watch", "--output-watch-events", "-o", "jsonpath={@}{'\\n'}"];
    this.child = spawn(
      kubectlProgram,
      [`--kubeconfig=${kubeconfig}`, "get", ...args, "-n", namespace, ...output],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.child.stderr?.on("data", (chunk: Buffer) => (this.said += chunk.toString("utf8")));
    createInterface({ input: this.child.stdout! }).on("line", (line) => {
      this.events.push({ ...(JSON.parse(line) as Omit<WatchEvent<T>, "at">), at: Date.now() });
      for (const listener of this.listeners) listener();
    });
  }

  /** The first event so far, or to come, for which `matches` holds. @throws Error when the time is over */
  async first(
    what: string,
    timeoutSeconds: number,
    matches: (event: WatchEvent<T>) => boolean,
  ): Promise<WatchEvent<T>> {
    let next = 0;
    return new Promise((resolve, reject) => {
      const look = () => {
        for (; next < this.events.length; next++) {
          const event = this.events[next]!;
          if (!matches(event)) continue;
          settle();
          resolve(event);
          return;
        }
      };
      const timer = setTimeout(() => {
        settle();
        reject(
          new Error(
            `gave up after ${timeoutSeconds} s waiting for ${what}: ${this.args.join(" ")} ${this.said}`,
          ),
        );
      }, timeoutSeconds * 1000);
      const settle = () => {
        clearTimeout(timer);
        this.listeners = this.listeners.filter((listener) => listener !== look);
      };
      this.listeners.push(look);
      look();
    });
  }

  close(): void {
    this.child.kill();
  }
}
