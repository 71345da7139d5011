import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileDisk } from "../../../fakes/mongodb/file-disk";
import { Lab } from "../../../fakes/mongodb/lab";
import type { Entry } from "../../../fakes/mongodb/store";

const entry = (count: number, id = count): Entry => ({
  ts: count,
  t: 1,
  op: "i",
  ns: "app.rows",
  o: { _id: id, text: "one" },
});

describe("the stand-in for MongoDB's server, as a program", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "mongod-"));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it("has after its end what was journaled, and nothing else", () => {
    const disk = new FileDisk(join(directory, "data"));
    assert.ok(existsSync(join(directory, "data", "WiredTiger")), "by which agents know that there is data");
    Object.assign(disk.kept, { vote: { term: 3, for: "m-1:27017" } });
    disk.keep();
    disk.store.append(entry(1));
    disk.store.append(entry(2));
    disk.journal();
    disk.store.append(entry(3));
    const after = new FileDisk(join(directory, "data"));
    assert.deepEqual(after.kept.vote, { term: 3, for: "m-1:27017" });
    assert.equal(after.store.collection("app.rows").size, 2);
    assert.deepEqual(after.store.last.ts, 2);
    after.store.append(entry(3));
    after.journal();
    assert.equal(new FileDisk(join(directory, "data")).store.collection("app.rows").size, 3);
  });

  it("starts with a journal that a power cut tore", () => {
    const disk = new FileDisk(directory);
    disk.store.append(entry(1));
    disk.journal();
    appendFileSync(join(directory, "oplog.ndjson"), '{"ts":{"$numberInt":"2"');
    assert.equal(new FileDisk(directory).store.collection("app.rows").size, 1);
  });

  it("keeps what it rolled back in a file, and a copy in place of what was there", () => {
    const disk = new FileDisk(directory);
    for (const count of [1, 2, 3]) disk.store.append(entry(count));
    disk.journal();
    const undone = disk.store.rollBackTo({ ts: 1, t: 1 });
    const file = disk.putAside(undone.map(({ o }) => o));
    disk.journal();
    assert.match(readFileSync(join(directory, file), "utf8"), /"_id":\{"\$numberInt":"3"\}/);
    const after = new FileDisk(directory);
    assert.deepEqual([after.store.collection("app.rows").size, after.store.last.ts], [1, 1]);
    const copy = new FileDisk(join(directory, "other"));
    copy.store.append(entry(9));
    copy.journal();
    copy.store.restore(after.store.snapshot());
    copy.journal();
    assert.equal(new FileDisk(join(directory, "other")).store.collection("app.rows").size, 1);
  });

  describe("with TLS", function () {
    this.timeout(60_000);
    let lab: Lab;

    const started = async (required: boolean): Promise<void> => {
      const [key, certificate] = [join(directory, "key"), join(directory, "crt")];
      execFileSync(
        "openssl",
        [
          ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
          ...["-keyout", key, "-out", certificate, "-subj", "/CN=members", "-days", "2"],
        ],
        { stdio: "ignore" },
      );
      const pem = join(directory, "pem");
      writeFileSync(pem, readFileSync(key, "utf8") + readFileSync(certificate, "utf8"));
      lab = new Lab({ tls: { certificateKey: pem, authority: certificate, required } });
      await lab.start(3);
      await lab.form();
    };
    const trusted = (): object => ({
      tls: true,
      tlsCAFile: join(directory, "crt"),
      tlsAllowInvalidHostnames: true,
    });
    const users = async (client: Awaited<ReturnType<Lab["client"]>>): Promise<unknown> =>
      client.db("admin").command({ ping: 1 });

    afterEach(async () => {
      await lab.close();
    });

    it("lets clients come with it and without, where it is not required", async () => {
      await started(false);
      assert.deepEqual(((await users(await lab.client(trusted()))) as { ok: number }).ok, 1);
      assert.deepEqual(((await users(await lab.client())) as { ok: number }).ok, 1);
    });

    it("lets nobody come without it where it is, members among them", async () => {
      await started(true);
      assert.deepEqual(((await users(await lab.client(trusted()))) as { ok: number }).ok, 1);
      await assert.rejects(async () => lab.client({ serverSelectionTimeoutMS: 1_000 }));
    });
  });
});
