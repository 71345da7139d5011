import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeConnections } from "../../../operate/cli/connect";
import { renderIn, stackOf } from "./project";

const STACK = stackOf(
  "orders: { engine: mysql, database: sales }",
  "ledger: { engine: postgresql, pooler: {} }",
  "theirs: { engine: mysql, username: clerk, existingSecret: { name: vault, passwordKey: app.password } }",
  "others: { engine: postgresql, existingSecret: { name: vault } }",
);

describe("how to connect", () => {
  let described: Record<string, string>;

  before(async () => {
    const project = mkdtempSync(join(tmpdir(), "stateful-connect-"));
    try {
      const text = describeConnections(await renderIn(project, STACK));
      described = Object.fromEntries(
        text.split("\n\n").map((part) => [/^To connect to (\w+)/.exec(part)?.[1], part]),
      );
    } finally {
      rmSync(project, { recursive: true });
    }
  });

  it("names the host, the database, and the Secret with user and password", () => {
    assert.equal(
      described["orders"],
      `To connect to orders, from a pod of the namespace shop with the label orders-client=true:
  host       orders.shop.svc:3306   (reads: orders-replicas.shop.svc:3306)
  database   sales
  user       kubectl -n shop get secret orders-login -o jsonpath='{.data.username}' | base64 -d
  password   kubectl -n shop get secret orders-login -o jsonpath='{.data.password}' | base64 -d`,
    );
  });

  it("names the pooler, where there is one", () => {
    assert.match(
      described["ledger"] ?? "",
      /reads: ledger-replicas\S+, pooler: ledger-pooler\.shop\.svc:5432\)/,
    );
  });

  it("names the same Secret where the passwords come from somebody else's", () => {
    for (const name of ["theirs", "others"]) {
      for (const key of ["username", "password"])
        assert.match(
          described[name] ?? "",
          new RegExp(`secret ${name}-login -o jsonpath='\\{\\.data\\.${key}\\}'`),
        );
    }
  });
});
