import { join } from "node:path";
import { PROJECT } from "../../operate/deploy/stack-config";
import { say } from "../../cluster/progress";
import { runToEnd } from "../e2e/support/run-to-end";
import { engines } from "../e2e/support/engines/registry";
import { judgeRound } from "./checkers/all";
import { ensurePrograms } from "./checkers/programs";
import { soakFaults } from "./faults";
import { Kept } from "./kept";
import { readTask, usage } from "./options";
import { roundText } from "./round-text";
import { rounds } from "./scenario";
import { soak, tell } from "./soak";
import { recordSummary, shows } from "./summary";

const RESULTS = join(PROJECT, "bench", "results", "soak.json");

/** @returns the exit status: 1 if anything was found, or with a guarantee switched off if nothing was */
async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    return 0;
  }
  const task = readTask(args);
  switch (task.task) {
    case "prepare": {
      const programs = await ensurePrograms();
      for (const [name, program] of Object.entries(programs))
        say(`${name}: ${"path" in program ? program.path : `SKIPPED: ${program.missing}`}`);
      return 0;
    }
    case "plan": {
      const replicas = Math.max(...Object.values(engines).map((engine) => engine.replicas));
      const drawn = rounds(task.seed, soakFaults, { replicas, isTestBed: true, volumesGrow: true });
      say(`seed ${task.seed}, on the test bed with volumes that grow`);
      for (let number = 1; number <= task.rounds; number++) {
        const { value } = drawn.next() as { value: Parameters<typeof roundText>[0] };
        say(`${number}: ${roundText(value)}`);
      }
      return 0;
    }
    case "replay": {
      const kept = new Kept(task.folder);
      const programs = await ensurePrograms();
      let red = false;
      for (const history of kept.histories()) {
        say(`${history.number}: ${history.round}`);
        red = tell(await judgeRound(history, programs, kept.pages(history.number)), say) || red;
      }
      return red ? 1 : 0;
    }
    case "soak": {
      const summary = await soak(task.options, untilInterrupted(), say);
      say(JSON.stringify(summary, null, 2));
      if (task.options.record) recordSummary(RESULTS, summary);
      const guarantee = task.options.engine.guarantees[summary.without ?? ""];
      if (guarantee === undefined) return summary.findings.length > 0 ? 1 : 0;
      const shown = shows(guarantee.expected, summary);
      say(
        shown ? `shown: without it, ${guarantee.expected}` : `NOT SHOWN: ${guarantee.expected} was expected`,
      );
      return shown ? 0 : 1;
    }
  }
}

/** A first signal ends the soak in good order; a second one ends this program. */
function untilInterrupted(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      say(`${signal}: undoing what struck, and removing the database`);
      abort.abort();
    });
  return abort.signal;
}

runToEnd(main(process.argv.slice(2)));
