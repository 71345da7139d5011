import * as pulumi from "@pulumi/pulumi";
import { Problems } from "./problems";

/** The value of an output, or undefined if there is none in this run: a preview does not know every value. */
export async function known<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  const internals = output as unknown as { promise(): Promise<T>; isKnown: Promise<boolean> };
  return (await internals.isKnown) ? internals.promise() : undefined;
}

/** Whether a text is known before the run: what is checked can only be that. */
export function isKnown(value: pulumi.Input<string> | undefined): value is string {
  return typeof value === "string";
}

/** What was generated. Pulumi's mocks, as they are documented, give back nothing but inputs: none then. */
export function resultOf({ result }: { result: pulumi.Output<string> }): pulumi.Output<string> {
  return result.apply((value: string | undefined) => value ?? "");
}

/**
 * The items of a list by which resources are named and counted, so that they must be known before the run. They are inputs by their
 * type alone: of a list of plain objects, Pulumi makes an SDK for Go that does not compile.
 *
 * @throws InvalidArgsError for each that is not known
 */
export function knownItems<T extends object>(items: pulumi.Input<T>[], name: string, key: string): T[] {
  const problems = new Problems(name);
  const known = items.flatMap((item, index) => {
    if (!pulumi.Output.isInstance(item) && !(item instanceof Promise)) return [item];
    problems.add(`${key}[${index}]`, {
      allowed: "an object that is known before the run; what it takes outputs for may be one",
      fix: "write the object itself here, with the outputs in it",
    });
    return [];
  });
  problems.throwIfAny();
  return known;
}
