import * as assert from "node:assert/strict";
import { type Ended, repositoryAt, Restic } from "../../../../agent/backup/restic";

const s3 = {
  kind: "s3" as const,
  bucket: "acme",
  region: "eu-central-1",
  endpoint: "https://s3.acme:9000",
  prefix: "prod",
  credentials: "keys" as const,
};
const OK: Ended = { code: 0, out: "", err: "" };

describe("backup: full copies by restic", () => {
  let calls: { args: readonly string[]; env: Record<string, string>; cwd: string | undefined }[];
  let answers: Record<string, Ended>;
  const restic = (more: object = {}) =>
    new Restic({
      destination: s3,
      folder: "shop/orders/uuid/0001/base",
      key: "the key of all backups of orders",
      keys: async () => ({ accessKeyId: "AKID", secretAccessKey: "s3cr3t" }),
      run: async (args, env, cwd) => {
        calls.push({ args, env, cwd });
        return answers[args.find((arg) => arg in answers) ?? ""] ?? OK;
      },
      ...more,
    });
  beforeEach(() => {
    calls = [];
    answers = {};
  });

  it("finds its repository in a bucket, in Amazon's, and on a volume", () => {
    assert.equal(repositoryAt(s3, "a/base"), "s3:https://s3.acme:9000/acme/prod/a/base");
    const amazon = {
      kind: s3.kind,
      bucket: "acme",
      region: s3.region,
      prefix: "",
      credentials: s3.credentials,
    };
    assert.equal(repositoryAt(amazon, "a"), "s3:https://s3.eu-central-1.amazonaws.com/acme/a");
    assert.equal(repositoryAt({ kind: "directory", path: "/v", prefix: "p" }, "a"), "/v/p/a");
  });

  it("law 7: gives no secret as an argument", async () => {
    answers["backup"] = {
      ...OK,
      out: '{"message_type":"summary","snapshot_id":"abc","total_bytes_processed":5}\n',
    };
    await restic().store("/data", "orders");
    const [{ args, env, cwd } = calls[0]!] = calls;
    assert.ok(!args.join(" ").includes("s3cr3t") && !args.join(" ").includes("the key"));
    assert.equal(env["RESTIC_PASSWORD"], "the key of all backups of orders");
    assert.equal(env["AWS_SECRET_ACCESS_KEY"], "s3cr3t");
    assert.equal(cwd, "/data");
  });

  it("believes no end without a copy: one that lacks a file, one that is not named", async () => {
    answers["backup"] = { code: 3, out: "", err: "could not read a file" };
    await assert.rejects(
      restic().store("/data", "orders"),
      /could not store the copy \(3\): could not read a file/,
    );
    answers["backup"] = { ...OK, out: '{"message_type":"status"}\n' };
    await assert.rejects(restic().store("/data", "orders"), /did not say what it stored/);
  });

  it("makes a repository where there is none, and says of one that does not open why", async () => {
    await restic().prepare();
    assert.equal(calls.length, 1);
    answers["cat"] = { code: 1, out: "", err: "no such key" };
    await restic().prepare();
    assert.ok(calls.at(-1)?.args.includes("init"));
    answers["cat"] = { code: 1, out: "", err: "wrong password or no key found" };
    answers["init"] = { code: 1, out: "", err: "config file already exists" };
    await assert.rejects(restic().prepare(), /wrong password/);
  });

  it("removes what is there of what is too old, and asks for nothing else", async () => {
    answers["snapshots"] = { ...OK, out: '[{"id":"abc123"},{"id":"def456"}]' };
    await restic().remove(["abc", "gone"]);
    assert.deepEqual(calls.at(-1)?.args.slice(-3), ["forget", "--prune", "abc"]);
    calls = [];
    await restic().remove(["gone"]);
    await restic().remove([]);
    assert.equal(calls.length, 1);
  });

  it("restores without a lock: a member's account may write nothing over, and delete nothing", async () => {
    await restic().restore("abc", "/data/restoring");
    const args = calls.at(-1)?.args.join(" ") ?? "";
    assert.match(args, /restore abc --no-lock --target \/data\/restoring$/);
  });

  it("trusts the store's own authority, and sends no faster than it may", async () => {
    answers["backup"] = {
      ...OK,
      out: '{"message_type":"summary","snapshot_id":"abc","total_bytes_processed":5}',
    };
    await restic({ ca: "/etc/ca.crt", kibPerSecond: 100 }).store("/data", "orders");
    const args = calls[0]!.args.join(" ");
    assert.match(args, /--cacert \/etc\/ca.crt/);
    assert.match(args, /--limit-upload 100/);
    await restic({ kibPerSecond: 100 }).restore("abc", "/data/restoring");
    assert.match(calls.at(-1)?.args.join(" ") ?? "", /--limit-download 100/);
  });
});
