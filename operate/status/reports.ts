import { z } from "zod";
import type { Report } from "../../agent/core/types";

/** Whose report it must be. */
export interface Reporter {
  namespace: string;
  /** The pod's name: that of the set, and its ordinal. */
  name: string;
}

const ordinal = z.number().int().nonnegative();

/** Of a report, what is looked at here. */
const schema = z.looseObject({
  set: z.string(),
  ordinal,
  status: z.looseObject({
    member: z.string(),
    role: z.string(),
    position: z.string().optional(),
    view: z.looseObject({ members: z.array(ordinal), online: z.array(ordinal) }).optional(),
  }),
});

/**
 * Reads what a pod answered as its agent. Nothing of it is believed before it is looked at: whatever answers, the
 * others' reports must still be told.
 *
 * @throws Error that says what is wrong with it
 */
export function readReport(text: string, { namespace, name }: Reporter): Report {
  const { success, data, error } = schema.safeParse(asJson(text));
  if (!success) {
    const [first] = error.issues;
    throw new Error([first?.path.join("."), first?.message].filter(Boolean).join(": "));
  }
  const [, set, own] = /^(.*)-(\d+)$/.exec(name) ?? [];
  if (data.set !== `${namespace}/${set ?? ""}`) throw new Error(`it is of the set ${data.set.slice(0, 130)}`);
  if (data.ordinal !== Number(own)) throw new Error(`it is of the ordinal ${data.ordinal}`);
  return data as unknown as Report;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is not JSON");
  }
}
