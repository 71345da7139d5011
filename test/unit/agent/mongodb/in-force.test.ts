import * as assert from "node:assert/strict";
import { Int32 } from "bson";
import { settingsQuestion, settingsTrouble } from "../../../../agent/mongodb/in-force";
import { resolveMongoDb } from "../../../../components/mongodb/resolve";
import { serverConfig } from "../../../../components/mongodb/server-config";

const FILE = serverConfig(
  "orders",
  resolveMongoDb({ namespace: "shop", settings: { "setParameter.cursorTimeoutMillis": "1000" } }),
);

describe("what is in force in MongoDB's server", () => {
  it("is asked for by the names that the file gives", () => {
    const question = settingsQuestion(FILE);
    assert.equal(question["getParameter"], 1);
    assert.equal(question["cursorTimeoutMillis"], 1);
    assert.equal("authenticationMechanisms" in question, false);
  });

  it("is said where somebody has set it otherwise, with how to set it back", () => {
    const same = { cursorTimeoutMillis: new Int32(1000), enableLocalhostAuthBypass: false };
    assert.deepEqual([...settingsTrouble(FILE, same)], []);
    const found = settingsTrouble(FILE, { ...same, cursorTimeoutMillis: 5 });
    assert.match(found.get("cursorTimeoutMillis")?.text ?? "", /is 5 and not 1000/);
    assert.match(
      found.get("cursorTimeoutMillis")?.advice ?? "",
      /setParameter: 1, cursorTimeoutMillis: 1000/,
    );
    assert.equal(settingsTrouble(FILE, { enableLocalhostAuthBypass: true }).size, 1);
  });
});
