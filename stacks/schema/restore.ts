import type { RestoreFromArgs } from "../../components/backup/args";
import { keys, type ShapeOf, text } from "./parts";

/** What a database in a stack file can begin with. */
export const restoreFrom = keys({
  database: text,
  namespace: text.optional(),
  cluster: text.optional(),
  time: text.optional(),
  beforeTransaction: text.optional(),
  encryptionSecret: text.optional(),
} satisfies ShapeOf<RestoreFromArgs>);
