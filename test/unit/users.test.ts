import assert from "node:assert/strict";
import type { InvalidArgsError } from "../../components";
import { Grant, MySql, type MySqlArgs, PostgreSql } from "../../components";
import { withPasswordsOf } from "../../operate/deploy/apply";
import { recordDatabase } from "./support/database";
import { type Answers, record, type Recording } from "./support/recording";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const USERS: NonNullable<MySqlArgs["users"]> = {
  reader: { grants: { app: Grant.Read } },
  dba: { administrator: true, passwordRotation: "2" },
  old: { absent: true },
};

const LISTS = { namespace: "shop", users: USERS, databases: { sales: { owner: "reader" }, plain: {} } };

function patched(recording: Recording, user: string): Record<string, string> {
  return recording.one("SecretPatch", `orders-users-${user}-values`).inputs["stringData"];
}

/** What is mounted for the agent. */
function sources(recording: Recording): Record<string, any>[] {
  const { volumes } = recording.one("StatefulSet").inputs["spec"].template.spec;
  return volumes.find(({ name }: { name: string }) => name === "credentials").projected.sources;
}

describe("users and databases beside the application's", () => {
  for (const [engine, Database, suffix] of [
    ["mysql", MySql, undefined],
    ["postgresql", PostgreSql, "_a"],
  ] as const) {
    describe(`of ${engine}`, () => {
      it("come to the agents by a list, and a Secret that outlives the stack", async () => {
        const { recording } = await recordDatabase(() => new Database("orders", LISTS));
        const list = recording.one("ConfigMapPatch", "orders-users-data").inputs["data"]["users.json"];
        assert.deepEqual(JSON.parse(list), {
          databases: [{ name: "sales", owner: "reader" }, { name: "plain" }],
          users: [
            { name: "reader", grants: { app: "read" } },
            { name: "dba", administrator: true, grants: {} },
            { name: "old", absent: true, grants: {} },
          ],
        });
        const secret = recording.one("Secret", "orders-users-passwords");
        assert.equal(secret.inputs["metadata"].name, "orders-users");
        assert.equal("data" in secret.inputs || "stringData" in secret.inputs, false);
        assert.equal(secret.opts.retainOnDelete, true);
        const values = patched(recording, "reader");
        assert.equal(values["user.reader.rotation"], "1");
        assert.equal(values["user.reader.username"], suffix && `reader${suffix}`);
        assert.equal(
          recording.one("SecretPatch", "orders-users-reader-values").opts.retainOnDelete,
          true,
          "who leaves the list keeps his password in the Secret",
        );
        assert.throws(() => patched(recording, "old"));
      });

      it("log in by a Secret each, which agents may write, and which are empty until they do", async () => {
        const { recording } = await recordDatabase(() => new Database("orders", LISTS));
        const names = ["orders-login", "orders-login.reader", "orders-login.dba"];
        const rules = recording.one("Role").inputs["rules"] as Record<string, string[]>[];
        const secrets = rules.filter(({ resources }) => resources!.includes("secrets"));
        assert.deepEqual(secrets, [
          { apiGroups: [""], resources: ["secrets"], resourceNames: names, verbs: ["get", "patch"] },
        ]);
        for (const name of names) {
          const { inputs } = recording.all("Secret").find((one) => one.inputs["metadata"].name === name)!;
          assert.equal("data" in inputs || "stringData" in inputs, false);
        }
        const { validations } = recording.one("ValidatingAdmissionPolicy").inputs["spec"] as {
          validations: { expression: string }[];
        };
        assert.ok(
          validations.some(({ expression }) =>
            expression.includes(`variables.name in ${JSON.stringify(names)}`),
          ),
        );
      });

      it("restart no pod when they come or go", async () => {
        const template = async (lists: object) =>
          (await recordDatabase(() => new Database("orders", { namespace: "shop", ...lists }))).recording.one(
            "StatefulSet",
          ).inputs["spec"].template;
        assert.deepEqual(await template(LISTS), await template({}));
      });

      it("are mounted for the agent whether there are any or not, and for nobody else", async () => {
        const { recording } = await recordDatabase(() => new Database("orders", { namespace: "shop" }));
        const optional = sources(recording).filter((one) => JSON.stringify(one).includes("orders-users"));
        assert.deepEqual(optional, [
          { configMap: { name: "orders-users", optional: true } },
          { secret: { name: "orders-users", optional: true } },
        ]);
        const { containers } = recording.one("StatefulSet").inputs["spec"].template.spec;
        for (const { volumeMounts } of containers) {
          assert.ok(!volumeMounts.some(({ name }: { name: string }) => name === "credentials"));
        }
        assert.equal(recording.all("ConfigMapPatch").filter(({ name }) => name.includes("users")).length, 0);
      });
    });
  }

  describe("passwords", () => {
    const made = async (live: Record<string, string>, users: MySqlArgs["users"] = USERS) => {
      const answers: Answers = ({ type, name, inputs }) => {
        if (type.endsWith(":RandomPassword")) return { result: `fresh-${name}-${inputs.keepers.rotation}` };
        if (!type.endsWith(":Secret") || name !== "orders-users-passwords") return undefined;
        return {
          data: Object.fromEntries(Object.entries(live).map(([key, value]) => [key, base64(value)])),
        };
      };
      return await record(() => new PostgreSql("orders", { namespace: "shop", users: users }), { answers });
    };

    it("that the Secret has are kept, also of who was not listed for a while", async () => {
      const recording = await made({
        "user.reader.password": "kept",
        "user.reader.rotation": "1",
        "user.reader.username": "reader_b",
      });
      assert.deepEqual(patched(recording, "reader"), {
        "user.reader.password": "kept",
        "user.reader.rotation": "1",
        "user.reader.username": "reader_b",
      });
    });

    it("change for who asks for it, and for nobody else", async () => {
      const recording = await made({
        "user.reader.password": "kept",
        "user.reader.rotation": "1",
        "user.reader.username": "reader_a",
        "user.dba.password": "before",
        "user.dba.rotation": "1",
        "user.dba.username": "dba_a",
      });
      assert.equal(patched(recording, "reader")["user.reader.password"], "kept");
      assert.deepEqual(patched(recording, "dba"), {
        "user.dba.password": "fresh-orders-users-dba-2",
        "user.dba.rotation": "2",
        "user.dba.username": "dba_b",
      });
    });

    it("are as given, where they are", async () => {
      const recording = await made({}, { reader: { password: "mine" } });
      assert.equal(patched(recording, "reader")["user.reader.password"], "mine");
    });

    it("are kept and changed the same without Pulumi", () => {
      const wanted = (rotation: string) => ({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "orders-users", annotations: { "stateful/alternate-users": "reader,dba" } },
        stringData: {
          "user.reader.password": "fresh-reader",
          "user.reader.rotation": "1",
          "user.reader.username": "reader_a",
          "user.dba.password": "fresh-dba",
          "user.dba.rotation": rotation,
          "user.dba.username": "dba_a",
        },
      });
      const live = {
        "user.reader.password": "kept-reader",
        "user.reader.rotation": "1",
        "user.reader.username": "reader_b",
        "user.dba.password": "kept-dba",
        "user.dba.rotation": "1",
        "user.dba.username": "dba_a",
      };
      const there = {
        kind: "Secret",
        metadata: { name: "orders-users" },
        data: Object.fromEntries(Object.entries(live).map(([key, value]) => [key, base64(value)])),
      };
      const generated = new Set(["fresh-reader", "fresh-dba"]);
      assert.deepEqual(withPasswordsOf(wanted("1"), there as never, generated)["stringData"], live);
      assert.deepEqual(withPasswordsOf(wanted("2"), there as never, generated)["stringData"], {
        ...live,
        "user.dba.password": "fresh-dba",
        "user.dba.rotation": "2",
        "user.dba.username": "dba_b",
      });
    });
  });

  it("are refused with all that is wrong with them, before anything is made", async () => {
    const users = {
      app: {},
      app_a: {},
      postgres: {},
      stateful_agent: {},
      "no-name": {},
      reader: { grants: { apps: Grant.Read, sales: "reed" as never } },
      reader_b: {},
      gone: { absent: true, administrator: true },
      owner: { grants: { sales: Grant.Read } },
    };
    const databases = { app: {}, postgres: {}, sales: { owner: "owner" }, lost: { owner: "gone" } };
    await assert.rejects(
      record(() => new PostgreSql("orders", { namespace: "shop", users, databases })),
      (error: InvalidArgsError) => {
        assert.deepEqual(
          error.problems.map(({ key }) => key),
          [
            "orders.databases.app",
            "orders.databases.postgres",
            "orders.users.app",
            "orders.users.app_a",
            "orders.users.postgres",
            "orders.users.stateful_agent",
            "orders.users.no-name",
            "orders.users.reader.grants.apps",
            "orders.users.reader.grants.sales",
            "orders.users.reader_b",
            "orders.users.gone.absent",
            "orders.users.owner.grants.sales",
            "orders.databases.lost.owner",
          ],
        );
        assert.match(error.message, /did you mean "app"\?/);
        assert.match(error.message, /remove administrator, or absent/);
        return true;
      },
    );
  });

  it("are refused where two would log in by the same Secret, and where the engine has them of its own", async () => {
    await assert.rejects(
      record(
        () => new MySql("orders", { namespace: "shop", users: { Reader: {}, reader: {}, mysqlbackup: {} } }),
      ),
      /users\.mysqlbackup[\s\S]*users\.reader = "reader"[\s\S]*both log in by the Secret <name>-login\.reader/,
    );
  });
});
