import Mocha = require("mocha");
import { keepFailure } from "./failed-logs";
import { writeTimings } from "./timings";

/** Mocha's usual report; what tells why a test failed is kept before it is cleaned up, and figures come last. */
class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.on("fail", (test, error: Error) => {
      const [suite = "", ...rest] = test.titlePath();
      const directory = keepFailure(suite, rest.join(" "), error.stack ?? error.message);
      Mocha.reporters.Base.consoleLog(`      logs and events: ${directory}`);
    });
  }

  override epilogue(): void {
    super.epilogue();
    const lines = writeTimings();
    if (lines.length > 0) Mocha.reporters.Base.consoleLog(`${["Measured:", ...lines].join("\n  ")}\n`);
  }
}

export = Reporter;
