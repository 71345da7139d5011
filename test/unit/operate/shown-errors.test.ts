import assert from "node:assert/strict";
import { CommandFailed, UserError } from "../../../cluster/errors";
import { isShownAsItIs } from "../../../operate/cli/shown-errors";
import { RefusedError } from "../../../operate/deploy/refused-error";
import { KubectlError } from "../../../operate/kube/kubectl";

describe("an error of a command", () => {
  it("is shown as it is where it says all that its reader needs", () => {
    for (const error of [
      new UserError("the test bed needs Linux"),
      new CommandFailed("ip link", 1, "no such device"),
      new RefusedError("nothing was changed"),
      new KubectlError(["get", "pods"], "no answer"),
    ]) {
      assert.ok(isShownAsItIs(error), error.constructor.name);
    }
  });

  it("keeps its stack trace where only its class is called like one of these", () => {
    const elsewhere = { UserError: class UserError extends Error {} };
    assert.ok(!isShownAsItIs(new elsewhere.UserError("of a library")));
    assert.ok(!isShownAsItIs(new TypeError("x is not a function")));
  });
});
