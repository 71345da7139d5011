import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { ApiObject } from "../../../../operate/kube/kubectl";
import { kubeconfig, kubectlProgram } from "./cluster";

/** After a watch has ended by itself, ms. */
const BEGUN_ANEW_AFTER = 500;

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
  private child: ChildProcess;
  private closed = false;
  private listeners: (() => void)[] = [];
  private said = "";

  /** @param args what to watch, as `kubectl get` takes it */
  constructor(
    private readonly namespace: string,
    private readonly args: string[],
  ) {
    this.child = this.begin();
  }

  private begin(): ChildProcess {
    const output = ["--watch", "--output-watch-events", "-o", "jsonpath={@}{'\\n'}"];
    const child = spawn(
      kubectlProgram,
      [`--kubeconfig=${kubeconfig}`, "get", ...this.args, "-n", this.namespace, ...output],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    child.stderr.on("data", (chunk: Buffer) => (this.said += chunk.toString("utf8")));
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.events.push({ ...(JSON.parse(line) as Omit<WatchEvent<T>, "at">), at: Date.now() });
      for (const listener of this.listeners) listener();
    });
    // An API server ends the watch of who reads slowly, and kubectl then ends without a word. Anew, it tells of all that there is.
    child.on("close", () => {
      if (this.closed) return;
      this.said += "(the watch ended, and was begun anew)";
      setTimeout(() => {
        if (!this.closed) this.child = this.begin();
      }, BEGUN_ANEW_AFTER);
    });
    return child;
  }

  /**
   * The first event so far, or to come, for which `matches` holds.
   * @param what - what is waited for, as it is said when the time is over.
   * @throws Error when it is.
   */
  async first(
    what: string | (() => string),
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
            `gave up after ${timeoutSeconds} s waiting for ${typeof what === "string" ? what : what()}: ${this.args.join(" ")} ${this.said}`,
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

  /** All events so far. */
  get heard(): readonly WatchEvent<T>[] {
    return this.events;
  }

  close(): void {
    this.closed = true;
    this.child.kill();
  }
}
