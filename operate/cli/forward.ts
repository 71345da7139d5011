import { parseArgs } from "node:util";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { UsageError } from "../../render/usage-error";
import { topologyOf } from "../../stacks/engines";
import { loginSecretName } from "../../components/protocol/names";
import { mainEndpoint } from "../../components/protocol/topology";
import { chooseDatabase, DATABASE_OPTIONS, podsOf, servingPod } from "./chosen-database";
import { runClient } from "./client-pod";
import { isShownAsItIs } from "./shown-errors";

export const USAGE = `usage: ${typed("connect", "[DATABASE]", "[options]")}

Leads a port of this machine to a member of the database that takes writes, until it is interrupted, and says how to connect. It goes
through the API server: no label and no rule of the NetworkPolicy is needed, and after a failover it ends. With --client it runs the
engine's own client in the cluster instead, logged in as applications are, in a pod that goes with it; what is piped in, it reads.
DATABASE may be left out where the stack has one.

  --stack NAME  stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local       on the local cluster
  --port N      port of this machine (default: the database's own)
  --client      the engine's own client, in a pod of the cluster
  --help        show this`;

/** The command `connect`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => connect(args), isShownAsItIs);
}

async function connect(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...DATABASE_OPTIONS, port: { type: "string" }, client: { type: "boolean", default: false } },
  });
  if (values.port !== undefined && !/^[1-9]\d{0,4}$/.test(values.port)) {
    throw new UsageError(`--port ${values.port}: it must be the number of a port.`);
  }
  if (values.port !== undefined && values.client) {
    throw new UsageError("--port is of this machine, and --client runs in the cluster: say one of the two.");
  }
  const chosen = await chooseDatabase(positionals, values);
  if (values.client) return await runClient(chosen.target.kubectl, chosen);
  const { name, config, database, target } = chosen;
  const pod = servingPod(await podsOf(target.kubectl, chosen), chosen);
  const { port } = mainEndpoint(topologyOf(database).endpoints).port;
  const here = values.port ?? String(port);
  console.error(
    [
      `${name} (${pod}) at 127.0.0.1:${here}, database ${database.args.database}`,
      `its user and password: ${target.kubectl.commandLine} -n ${config.namespace} get secret ${loginSecretName(name)}`,
      "Not by the name of the server's certificate: verify the authority alone, or not at all. Ctrl-C ends it.",
    ].join("\n"),
  );
  return await target.kubectl.show(["port-forward", "-n", config.namespace, `pod/${pod}`, `${here}:${port}`]);
}
