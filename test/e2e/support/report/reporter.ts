import Mocha = require("mocha");
import { keepFailure } from "./failed-logs";
import { type Results, writeResults } from "./summary";

/** Mocha's usual report; what tells why a test failed is kept before it is cleaned up. */
class Reporter extends Mocha.reporters.Spec {
  private readonly suites: Results["suites"] = [];
  private readonly failed: Results["failures"] = [];

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    let start = performance.now();
    runner.on("suite", ({ parent }) => {
      if (parent?.root) start = performance.now();
    });
    runner.on("suite end", ({ parent, title }) => {
      if (parent?.root) this.suites.push({ title, seconds: (performance.now() - start) / 1000 });
    });
    runner.on("fail", (test, error: Error) => {
      const [suite = "", ...rest] = test.titlePath();
      const said = error.stack ?? error.message;
      const { directory, lastWords } = keepFailure(suite, rest.join(" "), said);
      this.failed.push({ title: test.fullTitle(), error: [said, ...lastWords].join("\n") });
      Mocha.reporters.Base.consoleLog(`      logs and events: ${directory}`);
    });
  }

  override epilogue(): void {
    super.epilogue();
    const file = process.env["E2E_RESULTS"];
    if (file === undefined) return;
    const { passes: passing, pending } = this.stats;
    writeResults(file, { passing, pending, failures: this.failed, suites: this.suites });
  }
}

export = Reporter;
