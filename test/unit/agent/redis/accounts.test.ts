import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Credentials } from "../../../../agent/core/credentials";
import { Accounts } from "../../../../agent/redis/accounts";
import type { LocalServer } from "../../../../agent/redis/connection";

const hash = (text: string): string => `#${createHash("sha256").update(text).digest("hex")}`;

describe("accounts", () => {
  let root: string;
  let asked: string[][];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "accounts-"));
    for (const name of ["credentials", "volume", "memory"]) mkdirSync(join(root, name));
    put({
      username: "app",
      password: "first",
      "root-password": "admin's",
      "replication-password": "members'",
    });
    asked = [];
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function put(values: Record<string, string>): void {
    for (const [key, value] of Object.entries(values)) writeFileSync(join(root, "credentials", key), value);
  }

  /** A new life of the agent, on the same volume; in the same pod unless told otherwise. */
  function accounts(memory = "memory"): Accounts {
    mkdirSync(join(root, memory), { recursive: true });
    return new Accounts({
      credentials: new Credentials(join(root, "credentials")),
      directory: join(root, "volume"),
      memory: join(root, memory),
      newPassword: () => `agent's in ${memory}`,
    });
  }

  const server = {
    ask: (requests: string[][]) => {
      asked.push(...requests);
      return Promise.resolve([]);
    },
  } as unknown as LocalServer;

  const line = (user: string): string =>
    readFileSync(accounts().file, "utf8")
      .split("\n")
      .find((one) => one.startsWith(`user ${user} `)) ?? "";

  const given = (user: string): string[] => asked.findLast((one) => one[2] === user) ?? [];

  it("let nobody in at a start but administrator and agent", async () => {
    await accounts().writeFile();
    // A server of some versions reads of its log only what this one may do, whom nobody can be.
    assert.equal(line("default"), "user default off resetpass ~* &* +@all");
    assert.match(line("app"), /^user app off /);
    assert.match(line("stateful_replication"), /^user stateful_replication off \+psync/);
    assert.match(line("admin"), /^user admin on /);
    assert.match(line("stateful_agent"), /^user stateful_agent on /);
  });

  it("stand in files by their hashes alone, which nobody else may read", async () => {
    const made = accounts();
    await made.writeFile();
    const texts = [made.file, join(root, "volume", "password-hashes.json")].map((file) => {
      assert.equal(statSync(file).mode & 0o077, 0, file);
      return readFileSync(file, "utf8");
    });
    for (const secret of ["first", "admin's", "members'", "agent's"]) {
      assert.ok(!texts.some((text) => text.includes(secret)), secret);
    }
  });

  it("keep the password before the present one, also in another pod, and no third", async () => {
    await accounts().writeFile();
    put({ password: "second" });
    const one = accounts();
    await one.reconcile(server, "run 1");
    assert.deepEqual(given("app").slice(3, 6), ["resetpass", hash("second"), hash("first")]);
    await accounts("another pod's").writeFile();
    put({ password: "third" });
    await accounts("another pod's").reconcile(server, "run 2");
    assert.deepEqual(given("app").slice(3, 7), ["resetpass", hash("third"), hash("second"), "~*"]);
  });

  it("end the former password when it is revoked", async () => {
    await accounts().writeFile();
    put({ password: "second", "revoke-previous": "true" });
    await accounts().reconcile(server, "run 1");
    assert.deepEqual(given("app").slice(3, 6), ["resetpass", hash("second"), "~*"]);
  });

  it("are made again on a server that was started anew, and left alone on one that goes on", async () => {
    const made = accounts();
    await made.reconcile(server, "run 1");
    const before = asked.length;
    await made.reconcile(server, "run 1");
    assert.equal(asked.length, before);
    await made.reconcile(server, "run 2");
    assert.ok(asked.length > before);
  });

  it("let the exporter look, from the start on, at no key and no settings; and are without it where there is none", async () => {
    await accounts().writeFile();
    assert.equal(line("stateful_exporter"), "");
    put({ "exporter-password": "look" });
    const made = accounts();
    await made.writeFile();
    assert.match(
      line("stateful_exporter"),
      new RegExp(`^user stateful_exporter on ${hash("look")} resetkeys resetchannels -@all \\+ping \\+info `),
    );
    assert.doesNotMatch(line("stateful_exporter"), /config|@read|~|eval|acl/);
    put({ "exporter-password": "look again" });
    await made.reconcile(server, "run 1");
    assert.deepEqual(given("stateful_exporter").slice(0, 7), [
      ...["ACL", "SETUSER", "stateful_exporter", "on", "resetpass"],
      ...[hash("look again"), hash("look")],
    ]);
  });

  it("give the application nothing by which it could change who follows whom", async () => {
    await accounts().writeFile();
    // `@admin` holds REPLICAOF, FAILOVER, CONFIG, SHUTDOWN, DEBUG, ACL and MODULE.
    assert.match(line("app"), /\+@all -@admin .*-function\|flush -function\|restore$/);
  });

  it("lock nobody out while the Secret holds a placeholder: no file is written", async () => {
    put({ password: "<password>" });
    await assert.rejects(accounts().writeFile(), /placeholder/);
  });
});
