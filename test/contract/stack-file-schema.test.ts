import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { STACK_KEYS } from "../../stacks/schema/stack";
import { type ComponentSchema, stackFileSchema } from "../../stacks/schema/json-schema";
import { ENGINE_NAMES, ENGINES } from "../../stacks/engines";

const PROJECT = join(__dirname, "..", "..");
const COMMITTED = join(PROJECT, "docs", "stack.schema.json");

describe("the JSON Schema of stack files", () => {
  let made: any;
  let properties: any;

  // Not sooner: the components' schema may just have been written anew.
  before(() => {
    const components = JSON.parse(
      readFileSync(join(PROJECT, "components", "schema.json"), "utf8"),
    ) as ComponentSchema;
    made = JSON.parse(JSON.stringify(stackFileSchema(components)));
    ({ properties } = made.properties.config);
  });

  it("is the one that is committed (UPDATE_GOLDEN=1 writes it anew)", () => {
    if (process.env["UPDATE_GOLDEN"]) writeFileSync(COMMITTED, `${JSON.stringify(made, null, 2)}\n`);
    assert.deepEqual(made, JSON.parse(readFileSync(COMMITTED, "utf8")));
  });

  it("has every key of a stack, and every key of every engine, with what the argument's docstring says", () => {
    assert.deepEqual(
      Object.keys(properties),
      STACK_KEYS.map((key) => `stateful:${key}`),
    );
    const { allOf } = properties["stateful:databases"].additionalProperties;
    for (const [index, name] of ENGINE_NAMES.entries()) {
      const { then } = allOf[index];
      assert.equal(allOf[index].if.properties.engine.const, name);
      assert.deepEqual(Object.keys(then.properties).sort(), Object.keys(ENGINES[name].schema.shape).sort());
      assert.equal(then.additionalProperties, false);
      for (const [key, property] of Object.entries<{ description?: string }>(then.properties)) {
        if (key !== "engine" && key !== "nodes") assert.ok(property.description, `${name}: ${key}`);
      }
      assert.match(
        then.properties.exposure.anyOf[0].properties.sourceRanges.description,
        /Blocks of addresses/,
      );
    }
  });

  it("takes the short forms that a stack file may have", () => {
    const { then } = properties["stateful:databases"].additionalProperties.allOf[0];
    const forms = (key: string) =>
      then.properties[key].anyOf.map((form: any) => form.type ?? form.const ?? form.enum);
    assert.deepEqual(forms("version"), ["string", "number"]);
    assert.deepEqual(forms("existingSecret"), ["object", "string"]);
    assert.deepEqual(forms("backup"), ["object", "none"]);
    assert.deepEqual(then.properties.settings.additionalProperties.type, ["string", "number", "boolean"]);
  });
});
