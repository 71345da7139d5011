import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forGitOps } from "../../render/gitops";
import { main as render } from "../../render/cli";
import { type KubernetesObject, type RenderedProgram, runProgram } from "../../render/program";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";

const PROJECT = join(__dirname, "..", "..");
const OPTIONS = "argocd.argoproj.io/sync-options";
const WAVE = "argocd.argoproj.io/sync-wave";
const PRUNE = "kustomize.toolkit.fluxcd.io/prune";

const annotation = ({ metadata }: KubernetesObject, key: string) => metadata.annotations?.[key];
const waveOf = (object: KubernetesObject) => Number(annotation(object, WAVE) ?? 0);
const nameOf = ({ kind, metadata }: KubernetesObject) => `${kind} ${metadata.name}`;

describe("a stack for Argo CD or Flux", () => {
  for (const stack of ["dev", "bare-metal", "cloud"]) {
    describe(stack, () => {
      let program: RenderedProgram;
      let repository: KubernetesObject[];
      let cluster: KubernetesObject[];

      before(async () => {
        program = await runProgram(readStackFile(stack, PROJECT, placeholders), placeholders);
        ({ repository, cluster } = forGitOps(program));
      });

      it("has no secret and no password in the repository, and leaves nothing out", () => {
        assert.ok(!repository.some(({ kind }) => kind === "Secret"));
        assert.doesNotMatch(
          JSON.stringify(repository),
          /<(password|private key|certificate) |encrypted in the stack/,
        );
        assert.deepEqual([...repository, ...cluster].map(nameOf).sort(), program.objects.map(nameOf).sort());
        assert.ok(
          !program.objects.some((object) => annotation(object, PRUNE)),
          "the program's own objects changed",
        );
      });

      it("keeps what Pulumi would keep, and nothing else, from being pruned or deleted", () => {
        const retained = program.objects.filter((object) => program.options.get(object)?.retainOnDelete);
        const inRepository = retained.filter(({ kind }) => kind !== "Secret").map(nameOf);
        const kept = repository.filter((object) => annotation(object, PRUNE) === "disabled");
        assert.deepEqual(kept.map(nameOf).sort(), inRepository.sort());
        assert.ok(kept.some(({ kind }) => kind === "PersistentVolumeClaim"));
        for (const object of kept) assert.equal(annotation(object, OPTIONS), "Prune=false,Delete=false");
      });

      it("puts what others need first, and claims beside the pods that they wait for", () => {
        const waves = (kind: string) => new Set(repository.filter((one) => one.kind === kind).map(waveOf));
        assert.deepEqual(waves("PersistentVolumeClaim"), waves("StatefulSet"));
        const [set] = waves("StatefulSet");
        for (const kind of ["Namespace", "ServiceAccount", "Role", "RoleBinding"]) {
          for (const wave of waves(kind)) assert.ok(wave < (set ?? 0), kind);
        }
        for (const object of repository) {
          if (object.metadata.labels?.["app.kubernetes.io/component"] !== "application") continue;
          assert.ok(waveOf(object) > (set ?? 0), nameOf(object));
        }
      });
    });
  }

  it("is pruned of data whose policy says so", async () => {
    const directory = mkdtempSync(join(tmpdir(), "gitops-"));
    try {
      const file = join(directory, "Pulumi.x.yaml");
      const databases = "{ orders: { engine: mysql, dataPolicy: delete }, kept: { engine: mysql } }";
      writeFileSync(file, `config:\n  stateful:target: bare-metal\n  stateful:databases: ${databases}\n`);
      const { repository } = forGitOps(
        await runProgram(readStackFile(file, directory, placeholders), placeholders),
      );
      const claims = repository.filter(({ kind }) => kind === "PersistentVolumeClaim");
      assert.deepEqual(
        claims.map((claim) => [claim.metadata.name, annotation(claim, PRUNE)]),
        [
          ["data-orders-0", undefined],
          ["data-kept-0", "disabled"],
        ],
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  describe("rendered by the command", () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ["bin/stateful.js", "render", ...args], { cwd: PROJECT, encoding: "utf8" });

    it("says what has to be in the cluster", () => {
      const out = mkdtempSync(join(tmpdir(), "gitops-"));
      try {
        const { status, stdout } = run("--gitops", "--out", out);
        assert.equal(status, 0);
        assert.match(
          stdout,
          /npm run secrets -- --stack dev, which makes in the cluster .*orders-credentials-members/,
        );
        assert.ok(
          !readdirSync(out).some((file) => /kind: Secret$/m.test(readFileSync(join(out, file), "utf8"))),
        );
      } finally {
        rmSync(out, { recursive: true });
      }
    });

    it("goes to standard output alone where that is asked for", () => {
      const { status, stdout, stderr } = run("--gitops", "--out", "-");
      assert.deepEqual([status, stderr], [0, ""]);
      assert.match(stdout, /^# Rendered from Pulumi\.dev\.yaml/);
      assert.equal(stdout.match(/^kind: StatefulSet$/gm)?.length, 1);
      assert.doesNotMatch(stdout, /^To deploy|DATABASE {2}/m);
    });

    it("ends quietly when nobody reads it to its end", () => {
      const script = `"${process.execPath}" bin/stateful.js render --out - | head -1`;
      const { stdout, stderr } = spawnSync("bash", ["-c", script], { cwd: PROJECT, encoding: "utf8" });
      assert.deepEqual([stdout.split("\n").length, stderr], [2, ""]);
    });

    it("is refused with a secrets file", async () => {
      const { error } = console;
      let said = "";
      console.error = (text: string) => (said += text);
      try {
        assert.equal(await render(["--gitops", "--secrets-file", "x.json"]), 2);
      } finally {
        console.error = error;
      }
      assert.match(said, /leave --secrets-file away; `npm run secrets` makes them/);
    });
  });
});
