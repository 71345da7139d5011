import { CommandError } from "./errors";
import { type Doc, keyOf } from "./store";

/** Whether a document fits a filter of equalities and of a few comparisons. */
export function matches(document: Doc, filter: Doc): boolean {
  return Object.entries(filter).every(([field, wanted]) => {
    if (field === "$and") return (wanted as Doc[]).every((one) => matches(document, one));
    const value: unknown = field.split(".").reduce<any>((at, part) => at?.[part], document);
    if (
      wanted === null ||
      typeof wanted !== "object" ||
      !Object.keys(wanted as Doc).some((one) => one.startsWith("$"))
    )
      return keyOf(value) === keyOf(wanted);
    return Object.entries(wanted as Doc).every(([operator, operand]) => compareBy(operator, value, operand));
  });
}

function compareBy(operator: string, value: any, operand: any): boolean {
  switch (operator) {
    case "$eq":
      return keyOf(value) === keyOf(operand);
    case "$gt":
      return value > operand;
    case "$gte":
      return value >= operand;
    case "$lt":
      return value < operand;
    case "$lte":
      return value <= operand;
    case "$in":
      return (operand as unknown[]).some((one) => keyOf(one) === keyOf(value));
    case "$exists":
      return (value !== undefined) === operand;
    default:
      throw new CommandError("BadValue", `unknown operator: ${operator}`);
  }
}

/** A document after an update: `$set`, `$inc`, `$unset`, or another one in its place. */
export function updated(before: Doc, update: Doc): Doc {
  if (!Object.keys(update).some((key) => key.startsWith("$"))) return { _id: before["_id"], ...update };
  const after = { ...before };
  for (const [operator, fields] of Object.entries(update)) {
    for (const [field, value] of Object.entries(fields as Doc)) {
      if (operator === "$set" || (operator === "$setOnInsert" && before["_id"] === undefined))
        after[field] = value;
      else if (operator === "$inc") after[field] = Number(after[field] ?? 0) + Number(value);
      else if (operator === "$unset") Reflect.deleteProperty(after, field);
      else if (operator !== "$setOnInsert")
        throw new CommandError("BadValue", `Unknown modifier: ${operator}`);
    }
  }
  return after;
}

/** Sorted by fields, 1 up and -1 down. */
export function sorted(documents: Doc[], by: Doc | undefined): Doc[] {
  const keys = Object.entries(by ?? {});
  return documents.sort((a, b) => {
    for (const [field, direction] of keys) {
      const [one, other] = [a[field], b[field]];
      if (one !== other) return (one < other ? -1 : 1) * Number(direction);
    }
    return 0;
  });
}

/** The few stages that drivers put together for what is no command of its own. */
export function aggregate(documents: Doc[], pipeline: Doc[]): Doc[] {
  let found = documents;
  for (const stage of pipeline) {
    const [[name, what] = ["", undefined]] = Object.entries(stage);
    if (name === "$match") found = found.filter((one) => matches(one, what as Doc));
    else if (name === "$sort") found = sorted([...found], what as Doc);
    else if (name === "$limit") found = found.slice(0, Number(what));
    else if (name === "$skip") found = found.slice(Number(what));
    else if (name === "$count") found = found.length === 0 ? [] : [{ [String(what)]: found.length }];
    else if (name === "$group" && keyOf((what as Doc)["n"]) === keyOf({ $sum: 1 }))
      found = found.length === 0 ? [] : [{ _id: (what as Doc)["_id"], n: found.length }];
    else throw new CommandError("BadValue", `Unrecognized pipeline stage name: '${name}'`);
  }
  return found;
}
