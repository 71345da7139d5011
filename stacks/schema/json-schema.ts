import { z } from "zod";
import { ENGINE_NAMES, ENGINES } from "../engines";
import { applicationSchema } from "./application";
import { backup, backupBucketSchema } from "./backup";
import { monitoring } from "./monitoring";
import { logCollection, nodeMonitoring } from "./node-agents";
import { ALSO_AS, keys as keysOf } from "./parts";
import { passwordsSchema, scalarSchemas, STACK_KEYS } from "./stack";
import { bareMetalStorageSchema, cloudStorageSchema } from "./storage";

type Json = z.core.JSONSchema.BaseSchema;

/** What of a schema of the components is read: each property's docstring, and what its type is. */
interface Described {
  properties?: Record<string, Property>;
}
interface Property {
  description?: string;
  $ref?: string;
  items?: Property;
  additionalProperties?: Property;
}

/** The schema of the components, as Pulumi infers it. */
export interface ComponentSchema {
  resources: Record<string, { inputProperties?: Record<string, Property> }>;
  types: Record<string, Described>;
}

/**
 * The JSON Schema of stack files, for editors: made of what reads them, with the docstrings of what they become.
 *
 * @see https://json-schema.org/draft/2020-12
 */
export function stackFileSchema({ resources, types }: ComponentSchema): Json {
  const described = (schema: z.ZodType, component: string): Json => {
    const token = Object.keys(resources).find((one) =>
      one.toLowerCase().endsWith(`:${component.toLowerCase()}`),
    );
    const properties = resources[token ?? ""]?.inputProperties ?? {};
    return describe(jsonOf(schema), { properties }, types);
  };
  const keys: Record<(typeof STACK_KEYS)[number], Json> = {
    target: jsonOf(scalarSchemas.target),
    namespace: jsonOf(scalarSchemas.namespace),
    createNamespace: jsonOf(scalarSchemas.createNamespace),
    cluster: jsonOf(scalarSchemas.cluster),
    images: jsonOf(scalarSchemas.images),
    storage: {
      anyOf: [
        described(bareMetalStorageSchema, "HostPathStorage"),
        described(cloudStorageSchema, "EbsStorage"),
      ],
    },
    backup: jsonOf(backup),
    backupBucket: described(backupBucketSchema, "BackupBucket"),
    monitoring: described(monitoring, "PrometheusObjects"),
    logCollection: described(logCollection, "LogCollection"),
    nodeMonitoring: described(nodeMonitoring, "NodeMonitoring"),
    databases: {
      type: "object",
      additionalProperties: byEngine(
        ENGINE_NAMES.map((name) => [name, described(ENGINES[name].schema, name)] as const),
      ),
    },
    applications: { type: "object", additionalProperties: described(applicationSchema, "StatelessApp") },
    passwords: { type: "object", additionalProperties: jsonOf(encryptedPasswords) },
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A stack file of stateful: Pulumi.NAME.yaml",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(
          Object.entries(keys).map(([key, schema]) => [`stateful:${key}`, schema]),
        ),
        // Other programs' configuration may stand beside it.
        patternProperties: { [`^stateful:(?!(${STACK_KEYS.join("|")})$)`]: false },
        required: ["stateful:target", "stateful:databases"],
      },
    },
    required: ["config"],
  };
}

/** Passwords stand encrypted in the file. */
const encrypted = keysOf({ secure: z.string() }).optional();
const encryptedPasswords = keysOf(
  Object.fromEntries(Object.keys(passwordsSchema.shape).map((name) => [name, encrypted])),
);

/** An editor then speaks of the engine that is named, and not of every other one. */
function byEngine(schemas: (readonly [name: string, schema: Json])[]): Json {
  return {
    type: "object",
    properties: { engine: { enum: schemas.map(([name]) => name) } },
    required: ["engine"],
    allOf: schemas.map(([name, schema]) => ({
      if: { properties: { engine: { const: name } }, required: ["engine"] },
      then: schema,
    })),
  };
}

function jsonOf(schema: z.ZodType): Json {
  const json = z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema }) => {
      // zod writes the bounds of JavaScript's whole numbers, which say nothing.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      const { [ALSO_AS]: form, ...main } = jsonSchema;
      if (form === undefined) return;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      jsonSchema.anyOf = [main, form as Json];
    },
  });
  Reflect.deleteProperty(json, "$schema");
  return json;
}

/** Gives each property the docstring of the argument that it becomes. */
function describe(json: Json, { properties = {} }: Described, types: ComponentSchema["types"]): Json {
  if (json.anyOf) return { ...json, anyOf: json.anyOf.map((one) => describe(one, { properties }, types)) };
  if (json.properties === undefined) return json;
  const described = Object.entries(json.properties).map(([name, value]) => {
    const property = properties[name];
    const inner = property && typeof value === "object" ? within(value, property, types) : value;
    const { description } = property ?? {};
    return [name, typeof inner === "object" && description ? { description, ...inner } : inner] as const;
  });
  return { ...json, properties: Object.fromEntries(described) };
}

function within(json: Json, property: Property, types: ComponentSchema["types"]): Json {
  const named = property.$ref?.replace("#/types/", "");
  if (named !== undefined) return describe(json, types[named] ?? {}, types);
  if (property.items && typeof json.items === "object") {
    return { ...json, items: within(json.items as Json, property.items, types) };
  }
  if (property.additionalProperties && typeof json.additionalProperties === "object") {
    return {
      ...json,
      additionalProperties: within(json.additionalProperties, property.additionalProperties, types),
    };
  }
  return json;
}
