import { mostNodes } from "./addresses";
import { down } from "./down";
import { kubeconfig } from "./layout";
import { UserError, say } from "./progress";
import { CommandFailed } from "./shell";
import { up } from "./up";

const usage = `Usage: npm run cluster -- <command>

  up [--nodes 3]     bring up a Kubernetes cluster on this machine; harmless when it is up
  down               take it away, with all data in it
`;

async function main(args: string[]): Promise<void> {
  const [command, ...rest] = args;
  switch (command) {
    case "up":
      await up(nodesOption(rest));
      say(`\nThe cluster is up. To use it:  export KUBECONFIG=${kubeconfig}`);
      return;
    case "down":
      await down();
      return;
    default:
      throw new UserError(usage);
  }
}

function nodesOption(args: string[]): number {
  if (args.length === 0) return 3;
  const [option, value] = args.length === 1 ? (args[0] ?? "").split("=") : args;
  const nodes = Number(value);
  if (option !== "--nodes" || !Number.isInteger(nodes) || nodes < 1 || nodes > mostNodes) {
    throw new UserError(`up takes --nodes with a number from 1 to ${mostNodes}, not \`${args.join(" ")}\`.`);
  }
  return nodes;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const expected = error instanceof UserError || error instanceof CommandFailed;
  say(expected ? error.message : String(error instanceof Error ? (error.stack ?? error) : error));
  process.exitCode = 1;
});
