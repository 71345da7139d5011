import * as pulumi from "@pulumi/pulumi";
import { InvalidArgsError, type Problem } from "../../../components";
import { readConfig } from "../../../stacks/config";
import type { StackConfig } from "../../../stacks/types";

/** A stack's configuration, keys without `stateful:`. */
export type RawConfig = Record<string, unknown>;

/** A small stack that is right. */
export const validStack: RawConfig = {
  target: "bare-metal",
  databases: { orders: { engine: "mysql", storage: "10Gi" } },
};

/** Reads a configuration as the program would. */
export function read(config: RawConfig, secretKeys: string[] = ["passwords"]): StackConfig {
  const entries = Object.entries(config).map(([key, value]) => [
    `stateful:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(entries) as Record<string, string>,
    secretKeys.map((key) => `stateful:${key}`),
  );
  return readConfig();
}

/** The mistakes that are found in a configuration. */
export function mistakes(config: RawConfig, secretKeys?: string[]): Problem[] {
  try {
    read(config, secretKeys);
  } catch (error) {
    if (error instanceof InvalidArgsError) return error.problems;
    throw error;
  }
  return [];
}
