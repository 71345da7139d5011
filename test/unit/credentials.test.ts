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
      "revoke-previous": "false",
    });
    for (const { inputs } of recording.all("RandomPassword")) {
      assert.equal(inputs["overrideSpecial"], "_");
      assert.equal(inputs["length"], 32);
      for (const kind of ["minLower", "minUpper", "minNumeric", "minSpecial"]) assert.equal(inputs[kind], 1);
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

  it("keeps the members' own passwords in a Secret of their own, which their own rotation changes", async () => {
    const memberKeys = ["replication-password"];
    const { recording, made } = await credentials({ memberKeys, rotation: "2" });
    assert.equal(await valueOf(made.memberSecretName), "orders-credentials-members");
    assert.deepEqual(recording.one("SecretPatch", "orders-credentials-members-values").inputs["stringData"], {
      "replication-password": "fresh-orders-credentials-members-replication-password-1",
    });
    const own = recording.one("SecretPatch", "orders-credentials-values").inputs["stringData"];
    assert.equal(own.password, "fresh-orders-credentials-password-2");
    assert.equal("replication-password" in own, false);

    const rotated = await credentials({ memberKeys, memberRotation: "2" });
    const values = (name: string) => rotated.recording.one("SecretPatch", name).inputs["stringData"];
    assert.deepEqual(values("orders-credentials-members-values"), {
      "replication-password": "fresh-orders-credentials-members-replication-password-2",
    });
    assert.equal(values("orders-credentials-values").password, "fresh-orders-credentials-password-1");
  });

  it("leaves the members' own passwords to a Secret of somebody else's, which must have them", async () => {
    const memberKeys = ["replication-password", "rest-password"];
    const args = { memberKeys, existingMemberSecret: "theirs", existingSecret: { name: "mine" } };
    const all = { password: "x", "replication-password": "y", "rest-password": "z" };
    const data = Object.fromEntries(Object.entries(all).map(([key, value]) => [key, base64(value)]));
    const { recording, made } = await credentials(args, { data });
    assert.equal(await valueOf(made.memberSecretName), "theirs");
    assert.deepEqual([...recording.all("RandomPassword"), ...recording.all("SecretPatch")], []);
    const { made: lacking } = await credentials(args, {
      data: { password: base64("x"), "rest-password": base64("z") },
    });
    await assert.rejects(
      valueOf(lacking.password),
      /Secret theirs has no key "replication-password".*rest-password/s,
    );
  });

  describe("of a member that has another name with each password", () => {
    const args = {
      memberKeys: ["replication-password", "pooler-password"],
      alternateMember: { passwordKey: "pooler-password", name: "stateful_pooler" },
    };
    const written = async (memberRotation: string, live: Record<string, unknown>) => {
      const { recording } = await credentials({ ...args, memberRotation }, live);
      return recording.one("SecretPatch", "orders-credentials-members-values").inputs["stringData"];
    };
    const secret = (values: Record<string, string>, rotation = "1") => ({
      data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)])),
      metadata: { name: "x", annotations: { "stateful/password-rotation": rotation } },
    });

    it("goes from one name to the other, and the one before stays valid", async () => {
      assert.deepEqual(Object.keys(await written("1", {})).sort(), [
        "pooler-password",
        "replication-password",
      ]);
      const { recording } = await credentials({ ...args, memberRotation: "2" });
      assert.deepEqual(recording.one("Secret", "orders-credentials-members").inputs["metadata"].annotations, {
        "pulumi.com/patchFieldManager": "stateful",
        "stateful/alternate-user-of": "stateful_pooler",
        "stateful/alternates-with": "pooler-password",
        "stateful/password-rotation-wanted": "2",
      });
      assert.equal((await written("2", {}))["pooler-username"], "stateful_pooler_a");
      const present = { "pooler-username": "stateful_pooler_a", "pooler-password": "one" };
      assert.equal((await written("2", secret(present, "2")))["pooler-username"], "stateful_pooler_a");
      const second = await written("3", secret(present, "2"));
      assert.equal(second["pooler-username"], "stateful_pooler_b");
      assert.match(second["pooler-password"], /^fresh-/);
    });

    it("goes by the plain name until its password changes: members of an earlier version know no other", async () => {
      const present = secret({ "pooler-password": "one" });
      assert.equal("pooler-username" in (await written("1", present)), false);
      assert.equal((await written("2", present))["pooler-username"], "stateful_pooler_a");
      const deployed = secret({ "pooler-password": "one" }, "2");
      assert.equal((await written("2", deployed))["pooler-username"], "stateful_pooler");
    });

    it("may be named by a Secret of somebody else's, as one that is let in", async () => {
      const theirs = { password: "x", "replication-password": "y", "pooler-password": "z" };
      const made = async (more: Record<string, string>) =>
        (
          await credentials(
            { ...args, existingMemberSecret: "theirs", existingSecret: { name: "mine" } },
            { data: secret({ ...theirs, ...more }).data },
          )
        ).made;
      assert.equal(await valueOf((await made({})).password), "x");
      assert.equal(await valueOf((await made({ "pooler-username": "stateful_pooler_b\n" })).password), "x");
      await assert.rejects(
        valueOf((await made({ "pooler-username": "app" })).password),
        /Secret theirs: the value of "pooler-username" is "app"\. Write one of stateful_pooler, /,
      );
    });
  });

  it("tells the members to end former passwords, on request", async () => {
    const { recording } = await credentials({ revokePrevious: true });
    assert.equal(recording.one("SecretPatch").inputs["stringData"]["revoke-previous"], "true");
  });

  it("refuses a given password that the engine does not take, in words that do not have it", async () => {
    for (const [password, words] of [
      ["x".repeat(300), /password cannot be used: it has 300 bytes, and the engine takes 256/],
      ["a\0b", /it has a zero byte/],
      ["\n", /it is empty/],
    ] as const) {
      const { made } = await credentials({ password, maxPasswordBytes: 256 });
      await assert.rejects(valueOf(made.password), words);
    }
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

    it("refuses a user that the engine has of its own", async () => {
      const args = { existingSecret: { name: "mine" }, alternateUsers: true, reservedUsers: ["postgres"] };
      const named = async (username: string) =>
        (await credentials(args, { data: { password: base64("x"), username: base64(username) } })).made;
      assert.equal(await valueOf((await named("shop\n")).username), "shop");
      await assert.rejects(
        valueOf((await named("postgres\n")).username),
        /Secret mine: .*"username" is "postgres"/,
      );
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
