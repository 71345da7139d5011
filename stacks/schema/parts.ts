import { z } from "zod";
import {
  type AffinityArgs,
  type ResourcesArgs,
  Spread,
  type TolerationArgs,
} from "../../components/database/args";
import type { SecretKeyArgs } from "../../components/common/variables";
import { type ClientArgs, type ExposureArgs, ExposureType } from "../../components/network/args";

// What the parts of a stack file's schema are made of. A schema says which keys there are, and of what type. What their
// values must be to make sense together is checked by checks.ts and by the components themselves.

/**
 * One schema for each field of a component's arguments, whose values are that field's: the compiler tells of a field without
 * a key, of a key without a field, and of a type that is not the field's.
 */
export type ShapeOf<Args> = { [Key in keyof Required<Args>]: z.ZodType<Args[Key]> };

/** A map with these keys and no others. The error lists them, so that a typo can be told what was meant. */
export function keys<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(", ") : undefined),
  });
}

/**
 * Takes another form of a value as well, which is turned into the one that the schema has.
 *
 * @param form the other form, for the JSON Schema
 */
export function alsoAs<Schema extends z.ZodType>(
  form: z.core.JSONSchema.BaseSchema,
  turn: (value: unknown) => unknown,
  schema: Schema,
) {
  return z.preprocess(turn, schema).meta({ [ALSO_AS]: form });
}

/** Where {@link alsoAs} leaves the other form. */
export const ALSO_AS = "alsoAs";

export const text = z.string().min(1);
export const textList = z.array(text).min(1);
export const textMap = z.record(z.string(), z.string());
/** Accepts `cpu: 1` beside `cpu: "1"` and `cpu: 500m`. */
export const numberOrText = alsoAs(
  { type: "number" },
  (value) => (typeof value === "number" ? String(value) : value),
  text,
);
/** Settings are written as they are in the engine's own files: `max_connections: 500`, `log_statement: ddl`. */
export const settings = z.record(
  z.string(),
  alsoAs(
    { type: ["number", "boolean"] } as never,
    (value) => (["number", "boolean"].includes(typeof value) ? String(value) : value),
    z.string(),
  ),
);
/** Lets `namespace: databases` stand for `namespace: { name: databases }`. */
export function named<Schema extends z.ZodType>(schema: Schema) {
  return alsoAs({ type: "string" }, (value) => (typeof value === "string" ? { name: value } : value), schema);
}

/** Environment variables from Secrets. */
export const secretEnv = z.record(
  z.string(),
  keys({ secretName: text, key: text } satisfies ShapeOf<SecretKeyArgs>),
);

export const resources = keys({
  cpu: numberOrText.optional(),
  memory: text.optional(),
  cpuLimit: numberOrText.optional(),
} satisfies ShapeOf<ResourcesArgs>);
export const tolerations = z.array(
  keys({
    key: text.optional(),
    operator: text.optional(),
    value: z.string().optional(),
    effect: text.optional(),
    tolerationSeconds: z.int().min(0).optional(),
  } satisfies ShapeOf<TolerationArgs>),
);
export const affinity = keys({
  nodeLabels: z.record(z.string(), textList).optional(),
  spread: z.enum(Spread).optional(),
} satisfies ShapeOf<AffinityArgs>);
export const exposure = alsoAs(
  { enum: Object.values(ExposureType) },
  (value) => (typeof value === "string" ? { type: value } : value),
  keys({
    type: z.enum(ExposureType).optional(),
    sourceRanges: z.array(text).optional(),
    annotations: textMap.optional(),
    nodePort: z.int().optional(),
  } satisfies ShapeOf<ExposureArgs>),
);

export const client = keys({
  podLabels: textMap.optional(),
  namespace: text.optional(),
  cidr: text.optional(),
} satisfies ShapeOf<ClientArgs>);
