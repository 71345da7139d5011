import { spawn } from "node:child_process";
import { join } from "node:path";
import { checkout } from "../../cluster/layout";
import { LANES, nameOf } from "./lanes";
import { readResults, type Results } from "./support/report/summary";

/** What is asked for on the command line, as suites read it: their variables. */
export function wishes({
  engine = "",
  long,
  record,
}: {
  engine?: string;
  long: boolean;
  record: boolean;
}): Record<string, string> {
  return { E2E_ENGINE: engine, E2E_LONG: String(long), E2E_RECORD: String(record) };
}

/** Runs of mocha, each of some files in a process of its own. */
export class MochaRuns {
  private readonly files: string[] = [];

  /**
   * @param args - mocha's own
   * @param directory - for what each leaves
   */
  constructor(
    private readonly args: readonly string[],
    private readonly env: NodeJS.ProcessEnv,
    private readonly directory: string,
  ) {}

  /** One run, which is seen while it goes on. @returns whether it failed */
  async alone(files: string[]): Promise<boolean> {
    return (await this.run(files, "inherit")).failed;
  }

  /** A run for each file, some at once; what each says is shown when it ends. @returns which failed */
  async sideBySide(files: readonly string[]): Promise<boolean[]> {
    const waiting = [...files];
    const failed: boolean[] = [];
    const lane = async (): Promise<void> => {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        console.log(`started ${nameOf(file)}`);
        const run = await this.run([file], "pipe");
        console.log(run.said);
        failed.push(run.failed);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return failed;
  }

  /** What those runs left that came to an end. */
  results(): Results[] {
    return this.files.map(readResults).filter((one) => one !== undefined);
  }

  private async run(files: string[], stdio: "inherit" | "pipe"): Promise<{ failed: boolean; said: string }> {
    const results = join(this.directory, `${this.files.length}.json`);
    this.files.push(results);
    const mocha = require.resolve("mocha/bin/mocha.js");
    const args = [mocha, "--config", "test/e2e/.mocharc.json", ...this.args, ...files];
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, args, {
        cwd: checkout,
        env: { ...this.env, E2E_RESULTS: results },
        stdio: ["ignore", stdio, stdio],
      });
      let said = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding("utf8").on("data", (text: string) => (said += text));
      }
      child.on("error", reject);
      child.on("close", (status) => {
        resolve({ failed: status !== 0, said });
      });
    });
  }
}
