import { mostNodes } from "./addresses";
import { ensureDebianProgram } from "./debian-programs";
import { down } from "./down";
import { CommandFailed, UserError } from "./errors";
import { healNode, partitionNode, startNode, stopNode } from "./faults";
import { kubeconfig } from "./layout";
import { exclusively } from "./lock";
import { nodeName } from "./node";
import { ensureObjectStore } from "./object-store";
import { say, step } from "./progress";
import { clusterSize } from "./size";
import { describeCluster } from "./status";
import { up } from "./up";

const usage = `Usage: npm run cluster -- <command>

  up [--nodes 3]     bring up a Kubernetes cluster on this machine; harmless when it is up
  down               take it away, with all data in it
  status             what is on, connected and ready
  node stop N        cut node N's power: everything on it ends at once, unsynced data is lost
  node start N       switch it on again, with its disks
  partition N        cut node N's network and nothing else
  heal N             restore it
  object-store       bring up an S3 server beside the cluster, for backups; prints how it is reached
  prometheus         fetch Prometheus and promtool, by which figures and alerts are tested; prints where they are
`;

async function main(args: string[]): Promise<void> {
  const [command, ...rest] = args;
  if (args.some((arg) => ["--help", "-h"].includes(arg)) || command === "help") {
    process.stdout.write(usage);
    return;
  }
  switch (command) {
    case "up":
      {
        const nodes = nodesOption(rest);
        await exclusively(async () => up(nodes));
      }
      say(`\nThe cluster is up. To use it:  export KUBECONFIG=${kubeconfig}`);
      return;
    case "down":
      await exclusively(down);
      return;
    case "status":
      process.stdout.write(`${await describeCluster()}\n`);
      return;
    case "node":
      await nodePower(rest);
      return;
    case "object-store":
      process.stdout.write(`${JSON.stringify(await ensureObjectStore(), undefined, 2)}\n`);
      return;
    case "prometheus":
      for (const program of ["prometheus", "promtool"]) say(await ensureDebianProgram("prometheus", program));
      return;
    case "partition":
    case "heal": {
      const node = nodeArgument(command, rest[0]);
      const [title, act] = command === "heal" ? ["network back", healNode] : ["network cut", partitionNode];
      await step(`${nodeName(node)}: ${title}`, async () => act(node));
      return;
    }
    default:
      throw new UserError(usage);
  }
}

async function nodePower([action = "", number]: string[]): Promise<void> {
  const actions: Partial<Record<string, [string, (node: number) => Promise<void>]>> = {
    stop: ["power cut", stopNode],
    start: ["switched on and ready", startNode],
  };
  const known = actions[action];
  if (known === undefined)
    throw new UserError(`node takes stop or start and a node's number, e.g. \`node stop 2\`.`);
  const node = nodeArgument(`node ${action}`, number);
  await step(`${nodeName(node)}: ${known[0]}`, async () => known[1](node));
}

function nodeArgument(command: string, text: string | undefined): number {
  const size = clusterSize();
  if (size === undefined)
    throw new UserError("There is no cluster. Bring one up with `npm run cluster -- up`.");
  const node = Number((text ?? "").replace(/^node/, ""));
  if (text === undefined || !Number.isInteger(node) || node < 1 || node > size) {
    throw new UserError(`${command} takes the number of a node, from 1 to ${size}, not \`${text ?? ""}\`.`);
  }
  return node;
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
