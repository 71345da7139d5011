import { deployStack, Durability, InvalidArgsError, MySql } from "stateful";
import { createRequire } from "node:module";

const required = createRequire(import.meta.url)("stateful") as { MySql: unknown };
if (required.MySql !== MySql) throw new Error("import and require have two classes");
if (Durability.All !== "all" || typeof deployStack !== "function" || typeof InvalidArgsError !== "function") {
  throw new Error("the module lacks something");
}
console.log("one class");
