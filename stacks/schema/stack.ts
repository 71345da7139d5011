import { z } from "zod";
import { alsoAs, keys, text, textList } from "./parts";

/** Passwords of one database. */
export const passwordsSchema = keys({ password: text.optional(), adminPassword: text.optional() });

/** Pulumi hands every value over as a text. */
const TRUTH = new Map<unknown, boolean>([
  ["true", true],
  ["false", false],
]);

/** The keys of a stack that are not lists of their own. */
export const scalarSchemas = {
  target: z.enum(["cloud", "bare-metal"]),
  namespace: text,
  createNamespace: alsoAs({ enum: ["true", "false"] }, (value) => TRUTH.get(value) ?? value, z.boolean()),
  cluster: keys({ context: text.optional(), uid: text.optional() }),
  images: keys({ registry: text.optional(), pullSecrets: textList.optional() }),
};

/** Every key below `stateful:`. */
export const STACK_KEYS = [
  "target",
  "namespace",
  "createNamespace",
  "cluster",
  "images",
  "storage",
  "backup",
  "backupBucket",
  "monitoring",
  "logCollection",
  "nodeMonitoring",
  "databases",
  "applications",
  "passwords",
] as const;
