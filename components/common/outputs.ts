import type * as pulumi from "@pulumi/pulumi";

/** The value of an output, or undefined if there is none in this run: a preview does not know every value. */
export async function known<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  const internals = output as unknown as { promise(): Promise<T>; isKnown: Promise<boolean> };
  return (await internals.isKnown) ? internals.promise() : undefined;
}
