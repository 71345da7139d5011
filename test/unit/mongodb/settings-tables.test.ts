import assert from "node:assert/strict";
import { rowsFrom } from "../../../bench/settings/mongodb";

const TABLE = `# heading
net.listenBacklog	integer	1		connections		restart	
setParameter.cursorTimeoutMillis	integer	0		ms			600000
setParameter.gone	boolean						true
`;

const parameter = (value: unknown, settableAtRuntime: boolean, settableAtStartup = true) => ({
  value,
  settableAtRuntime,
  settableAtStartup,
});

describe("MongoDB's tables of settings", () => {
  it("take parameters as a server tells them, with the bounds that the manual has, and leave the rest of its file", () => {
    const rows = rowsFrom(
      TABLE,
      new Map([
        ["cursorTimeoutMillis", parameter(500_000, true)],
        ["newOne", parameter(false, false)],
        ["share", parameter(0.5, true)],
        ["list", parameter({ a: 1 }, true)],
        ["notInAFile", parameter(1, true, false)],
      ]),
    );
    const told = rows.map(({ name, type, unit, restart, default: value }) => [
      name,
      type,
      unit,
      restart,
      value,
    ]);
    assert.deepEqual(told, [
      ["net.listenBacklog", "integer", "connections", true, ""],
      ["setParameter.cursorTimeoutMillis", "integer", "ms", false, "500000"],
      ["setParameter.list", "text", "", false, '{"a":1}'],
      ["setParameter.newOne", "boolean", "", true, "false"],
      ["setParameter.share", "real", "", false, "0.5"],
    ]);
  });
});
