import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { DatabaseCredentials, type DatabaseCredentialsArgs } from "../../components";
import { type Answers, isSecret, record, valueOf } from "./support/recording";

const base64 = (text: string) => Buffer.from(text).toString("base64");

async function credentials(args: Partial<DatabaseCredentialsArgs>, live: Record<string, unknown> = {}) {
  let made: DatabaseCredentials | undefined;
  const answers: Answers = ({ type, name, inputs }) => {
    if (type.endsWith(":RandomPassword"))
      return { result: `fresh-${name}-${String(inputs.keepers.rotation)}` };
    return type.endsWith(":Secret") ? live : undefined;
  };
  const recording = await record(
    () => {
      made = new DatabaseCredentials("orders-credentials", {
        namespace: "databases",
        username: "app",
        ...args,
      });
    },
    { answers },
  );
  return { recording, made: made! };
}

describe("DatabaseCredentials", () => {
  it("generates passwords that need no quoting anywhere", async () => {
    const { recording, made } = await credentials({});
    const values = recording.one("SecretPatch").inputs["stringData"];
    assert.deepEqual(values, {
      username: "app",
      password: "fresh-orders-credentials-password-1",
      "admin-password": "fresh-orders-credentials-admin-password-1",
    });
    for (const { inputs } of recording.all("RandomPassword")) {
      assert.equal(inputs["special"], false);
      assert.equal(inputs["length"], 32);
    }
    assert.equal(await isSecret(made.password), true);
    assert.equal(await valueOf(made.secretName), "orders-credentials");
  });

  it("writes no value with the Secret itself, so that those of an existing one are left alone", async () => {
    const { recording } = await credentials({});
    const { inputs } = recording.one("Secret");
    assert.equal("data" in inputs || "stringData" in inputs, false);
  });

  it("lets the passwords of an existing Secret beat generated ones", async () => {
    const { recording } = await credentials(
      {},
      { data: { password: base64("kept"), "admin-password": base64("kept-too") } },
    );
    const values = recording.one("SecretPatch").inputs["stringData"];
    assert.equal(values.password, "kept");
    assert.equal(values["admin-password"], "kept-too");
  });

  it("generates what an existing Secret lacks", async () => {
    const { recording } = await credentials({}, { data: { password: base64("kept") } });
    const values = recording.one("SecretPatch").inputs["stringData"];
    assert.equal(values.password, "kept");
    assert.match(values["admin-password"], /^fresh-/);
  });

  it("rotates by one key, also what it found in a Secret", async () => {
    const live = {
      data: { password: base64("old"), "admin-password": base64("old") },
      metadata: { name: "orders-credentials", annotations: { "stateful/password-rotation": "1" } },
    };
    const rotated = await credentials({ rotation: "2" }, live);
    assert.equal(
      rotated.recording.one("SecretPatch").inputs["stringData"].password,
      "fresh-orders-credentials-password-2",
    );
    const unchanged = await credentials({ rotation: "1" }, live);
    assert.equal(unchanged.recording.one("SecretPatch").inputs["stringData"].password, "old");
  });

  it("keeps the members' own passwords in a Secret of their own, which no rotation changes", async () => {
    const memberKeys = ["replication-password"];
    const { recording, made } = await credentials({ memberKeys, rotation: "2" });
    assert.equal(await valueOf(made.memberSecretName), "orders-credentials-members");
    assert.deepEqual(recording.one("SecretPatch", "orders-credentials-members-values").inputs["stringData"], {
      "replication-password": "fresh-orders-credentials-members-replication-password-1",
    });
    const own = recording.one("SecretPatch", "orders-credentials-values").inputs["stringData"];
    assert.equal(own.password, "fresh-orders-credentials-password-2");
    assert.equal("replication-password" in own, false);
  });

  it("takes given passwords before all others", async () => {
    const { recording } = await credentials(
      { password: pulumi.secret("given") },
      { data: { password: base64("kept") } },
    );
    assert.equal(recording.one("SecretPatch").inputs["stringData"].password, "given");
    assert.equal(recording.all("RandomPassword").length, 1, "only the administrator's is generated");
  });

  describe("with a Secret that somebody else made", () => {
    it("makes and generates nothing", async () => {
      const { recording, made } = await credentials(
        { existingSecret: { name: "mine", passwordKey: "user", adminPasswordKey: "root" } },
        { data: { user: base64("theirs") } },
      );
      assert.deepEqual(
        recording.resources.map(({ type }) => type.split(":").at(-1)),
        ["DatabaseCredentials", "Secret"],
      );
      assert.equal(await valueOf(made.secretName), "mine");
      assert.equal(await valueOf(made.passwordKey), "user");
      assert.equal(await valueOf(made.adminPasswordKey), "root");
      assert.equal(await valueOf(made.password), "theirs");
    });

    it("drops the newline that `echo | base64` puts into a value", async () => {
      const { made } = await credentials(
        { existingSecret: { name: "mine" } },
        { data: { password: base64("theirs\n") } },
      );
      assert.equal(await valueOf(made.password), "theirs");
    });

    it("says which key is missing", async () => {
      const { made } = await credentials(
        { existingSecret: { name: "mine" } },
        { data: { other: base64("x") } },
      );
      await assert.rejects(valueOf(made.password), /Secret mine has no key "password".*passwordKey/);
    });
  });
});
