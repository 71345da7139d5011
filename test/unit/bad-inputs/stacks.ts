import { type RawConfig, validStack } from "../support/stack";

/** What is wrong, the stack with it, the key that must be named, and what the advice must say. */
export type BadInput = [what: string, stack: RawConfig, key: string, advice: RegExp];

export const database = (more: object): RawConfig => ({
  ...validStack,
  databases: { orders: { engine: "mysql", storage: "10Gi", ...more } },
});
export const bareMetal = (storage: unknown, more: object = {}): RawConfig => ({ ...database(more), storage });
export const cloud = (storage: unknown, more: object = {}): RawConfig => ({
  ...database(more),
  target: "cloud",
  storage,
});
export const application = (more: object): RawConfig => ({
  ...validStack,
  applications: { shop: { image: "shop:1", port: 8080, ...more } },
});
export const without = (key: string): RawConfig =>
  Object.fromEntries(Object.entries(validStack).filter(([name]) => name !== key));
export const local = { className: "manual", path: "/mnt/data", nodes: ["node-1", "node-2", "node-3"] };
/** Key of the database of the stack. */
export const ORDERS = "stateful:databases.orders";
/** Key of the application of the stack. */
export const SHOP = "stateful:applications.shop";
