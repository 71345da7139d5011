import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { PulumiDeployer } from "../../../operate/deploy/pulumi-deployer";
import type { RenderedStack } from "../../../operate/deploy/rendered-stack";
import { configuredTarget, targetToLookAt } from "../../../operate/cli/target";
import type { StackConfig } from "../../../stacks/types";

const UID = "00000000-0000-0000-0000-000000000001";

describe("the cluster that a command works on", () => {
  const before = process.env["PATH"];
  let directory: string;

  /** A program on the PATH that writes down what it is told, and answers. */
  const program = (name: string, answers: string): void => {
    const path = join(directory, name);
    writeFileSync(path, `#!/bin/sh\necho "$*" >>"${directory}/told"\n${answers}\n`);
    chmodSync(path, 0o755);
  };
  const told = (): string[] => readFileSync(join(directory, "told"), "utf8").trim().split("\n");
  const config = (cluster: StackConfig["cluster"]): StackConfig => ({ cluster }) as StackConfig;

  const stack = (path: string): RenderedStack =>
    ({
      name: "dev",
      config: { namespace: "shop", databases: [], applications: [], cluster: {} },
      file: { stack: "dev", path },
    }) as unknown as RenderedStack;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stateful-target-"));
    process.env["PATH"] = [directory, before].join(delimiter);
    writeFileSync(join(directory, "context"), "first\n");
    program(
      "kubectl",
      `case "$*" in
*current-context) cat "${directory}/context" ;;
*--minify*) echo "only of $1" ;;
*kube-system*) echo '{ "metadata": { "name": "kube-system", "uid": "${UID}" } }' ;;
*) echo '{ "items": [] }' ;;
esac`,
    );
  });

  afterEach(() => {
    process.env["PATH"] = before;
    rmSync(directory, { recursive: true });
  });

  it("is refused when it is not the one that the stack names, whatever the command", async () => {
    const other = { uid: UID.replace("1", "2") };
    const words = /not the cluster that the stack dev is for; nothing was changed/;
    await assert.rejects(configuredTarget(config(other), "dev"), words);
    await assert.rejects(targetToLookAt(config({ ...other, context: "second" }), "dev", false), words);
    assert.equal((await configuredTarget(config({ uid: UID }), "dev")).description, "context first");
  });

  it("is asked for where the kubeconfig has no current context", async () => {
    program("kubectl", 'echo "error: current-context is not set" >&2; exit 1');
    await assert.rejects(
      configuredTarget(config({}), "dev"),
      /no current context.*kubectl config use-context/,
    );
  });

  it("stays the same when another context becomes the current one", async () => {
    const { kubectl, description } = await configuredTarget(config({}), "dev");
    writeFileSync(join(directory, "context"), "second\n");
    await kubectl.list("pods", "shop");
    assert.equal(description, "context first");
    assert.match(told().at(-1) ?? "", /^--context=first get pods/);
    assert.equal(kubectl.commandLine, "kubectl --context=first");
  });

  it("is told Pulumi with the stack file that was read, wherever that is", async () => {
    program("pulumi", "exit 3");
    const { kubectl } = await configuredTarget(config({}), "dev");
    await assert.rejects(
      new PulumiDeployer(kubectl, true).deploy(stack("/elsewhere/Pulumi.dev.yaml")),
      /^Error: pulumi up did not succeed: see above\.$/,
    );
    assert.match(
      told().at(-1) ?? "",
      /^up --stack dev --config-file \/elsewhere\/Pulumi\.dev\.yaml .*--yes$/,
    );
  });

  it("is the only one that Pulumi knows, in a file that its owner alone may read, and that is gone afterwards", async () => {
    program(
      "pulumi",
      `cat "$KUBECONFIG" >>"${directory}/told"; stat -c %a "$KUBECONFIG" >>"${directory}/told"
echo "$KUBECONFIG" >>"${directory}/told"`,
    );
    const { kubectl } = await configuredTarget(config({}), "dev");
    writeFileSync(join(directory, "context"), "second\n");
    await new PulumiDeployer(kubectl, true).remove(stack("Pulumi.dev.yaml"));
    const [known, mode, path] = told().slice(-3);
    assert.equal(known, "only of --context=first");
    assert.equal(mode, "600");
    assert.equal(existsSync(path!), false);
  });
});
