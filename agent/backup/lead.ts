import type { Life } from "./life";
import type { Wanted } from "./wanted";

/** Where a member stores logs as the primary: another place with each bootstrap and each change of primary. */
export interface Lead extends Life {
  /** Cluster, epoch and view. */
  of: string;
  /** The store and the key that it is stored with: with others, all is looked for anew. */
  store: Wanted["store"];
  seal: Wanted["seal"];
  folder: string;
  /** When it was last written down until when all is stored. */
  saidAt: number;
  /** Since when what is stored cannot be restored for want of a full copy; `undefined` while it can. */
  lackingSince: number | undefined;
  /** When full copies were last looked for, and one was last asked for. */
  lookedAt: number;
  requestedAt: number;
}
