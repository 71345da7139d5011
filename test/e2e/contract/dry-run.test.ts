import { strict as assert } from "node:assert";
import { readdirSync } from "node:fs";
import { KubectlError } from "../../../operate/kube/kubectl";
import { manifestsOf } from "../../../operate/deploy/rendered-stack";
import { PROJECT } from "../../../operate/deploy/stack-config";
import { type KubernetesObject, runProgram } from "../../../render/program";
import { placeholders } from "../../../render/secrets";
import { readStackFile } from "../../../render/stack-file";
import { kubectl } from "../support/cluster/cluster";
import { deleteNamespace } from "../support/cluster/namespaces";
import { generalSuite } from "../support/suites";

const NAMESPACE = "e2e-contract";
const NODES_NAMESPACE = "e2e-contract-nodes";
/** Of the agents on nodes, by their keys in a stack file. */
const AGENT_NAMESPACES = {
  logCollection: "e2e-contract-logs",
  nodeMonitoring: "e2e-contract-monitoring",
};
const NAMESPACES = [NAMESPACE, NODES_NAMESPACE, ...Object.values(AGENT_NAMESPACES)];

generalSuite("the API server takes every object of the example stack", () => {
  before(async () => {
    for (const name of NAMESPACES) await kubectl.run(["create", "namespace", name]);
  });

  after(async () => {
    await Promise.all(NAMESPACES.map(deleteNamespace));
  });

  const stacks = readdirSync(PROJECT).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  for (const stack of stacks) {
    it(stack, async () => {
      const objects = await objectsOf(stack);
      assert.ok(objects.some(({ kind }) => kind === "StatefulSet"));
      await dryRun(await known(objects));
    });
  }

  it("and refuses a field that it does not know", async () => {
    const [set] = (await objectsOf("dev")).filter(({ kind }) => kind === "StatefulSet");
    const mistaken = { ...set!, spec: { ...(set!["spec"] as object), podManagmentPolicy: "Parallel" } };
    await assert.rejects(dryRun([mistaken]), /podManagmentPolicy/);
  });
});

/** The objects of an example stack, in namespaces of this suite. */
async function objectsOf(stack: string): Promise<KubernetesObject[]> {
  const file = readStackFile(stack, PROJECT, placeholders);
  file.config["stateful:namespace"] = NAMESPACE;
  const storage = JSON.parse(file.config["stateful:storage"] ?? "{}") as Record<string, unknown>;
  if ("path" in storage) {
    file.config["stateful:storage"] = JSON.stringify({ ...storage, nodeStorageNamespace: NODES_NAMESPACE });
  }
  for (const [key, namespace] of Object.entries(AGENT_NAMESPACES)) {
    const agent = JSON.parse(file.config[`stateful:${key}`] ?? "false") as Record<string, unknown> | boolean;
    if (agent === false) continue;
    file.config[`stateful:${key}`] = JSON.stringify({ ...(agent === true ? {} : agent), namespace });
  }
  return (await runProgram(file, placeholders)).objects;
}

/** Leaves out, visibly, what this cluster has no API for: snapshots need CRDs. */
async function known(objects: KubernetesObject[]): Promise<KubernetesObject[]> {
  const versions = [...new Set(objects.map(({ apiVersion }) => apiVersion))];
  const unknown = new Set<string>();
  for (const version of versions) {
    const path = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
    await kubectl.raw(path).catch((error: unknown) => {
      if (!(error instanceof KubectlError) || !error.notFound) throw error;
      unknown.add(version);
    });
  }
  for (const version of unknown)
    console.log(`    skipped: objects of ${version}, which this cluster does not have`);
  return objects.filter(({ apiVersion }) => !unknown.has(apiVersion));
}

/** Has the API server check everything, and change nothing. Who else owns a field is not the question here. */
async function dryRun(objects: KubernetesObject[]): Promise<void> {
  const options = ["--server-side", "--dry-run=server", "--validate=strict", "--force-conflicts"];
  await kubectl.run(["apply", ...options, "--filename=-"], manifestsOf(objects, "an example stack"));
}
